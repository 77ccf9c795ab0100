// Retune: what becomes of live connections when their keepalive is changed in the file and taken over on SIGHUP. Idle
// time that has passed counts, a peer that is gone already is noticed in the new time, keepalive that was turned off
// ends nobody, and a session that a NAT is about to forget is rescued.
import { setTimeout as after } from 'node:timers/promises';
import { steadyClock } from '../../src/clock.js';
import { isBare } from '../helpers/capture.js';
import { busyEvidence, idleEvidence, survivorReset } from '../helpers/death.js';
import {
  exchange,
  lastHeard,
  openLabSession,
  otherLeg,
  saw,
  vanishAfterLastWord,
  whatEachSaw,
} from '../helpers/lab_session.js';
import { checkTime, measured } from '../helpers/measured.js';
import { laboratoryNeeds, requires, requiresConcurrently } from '../helpers/requires.js';
import { readKeepaliveTimer } from '../helpers/sockets.js';
import { openSession, routeTo } from '../helpers/tuned.js';
import { until } from '../helpers/waiting.js';

const test = requiresConcurrently(...laboratoryNeeds);
// Its descriptors are counted, so it runs before the others.
const testAlone = requires(...laboratoryNeeds);

const keepalive = '{ idle: 1h, interval: 1h, userTimeout: off }';

for (const leg of ['upstream', 'client'] as const) {
  const survivor = otherLeg(leg);

  test(`the ${leg} had vanished while idle: it is noticed in the time of the new keepalive`, async (t) => {
    const session = await openLabSession(t, { keepalive });
    await vanishAfterLastWord(session, leg);
    await session.retune('{ idle: 1s, interval: 1s, count: 2 }');
    const retuned = Date.now();
    const reset = await survivorReset(t, session, {
      leg,
      reason: 'KeepaliveTimeout',
      evidence: idleEvidence([2, 2], 3000),
    });
    await session.peers[survivor].next('error');
    // The silence before the new keepalive counts, unless it was longer than idle.
    const heard = lastHeard(session, leg);
    const late = Math.max(0, retuned - heard - 1000);
    checkTime(t, { what: leg, theory: 3000, late, measured: reset.at - heard });
  });

  test(`the ${leg} had vanished with data on the way to it: the new user timeout ends it`, async (t) => {
    const session = await openLabSession(t, { keepalive });
    await vanishAfterLastWord(session, leg);
    session.peers[survivor].send(1000);
    const sent = await session.wire[leg].next('data', ({ payload }) => payload === 1000);
    await session.retune('{ idle: 1h, interval: 1h, userTimeout: 2s }');
    const reset = await survivorReset(t, session, {
      leg,
      reason: 'UserTimeout',
      evidence: { ...busyEvidence(2000), lastAck: [2000, 8000] },
    });
    // A retransmission that is due already is waited for, and the pauses between them have grown.
    checkTime(t, { what: leg, theory: 2000, late: 2000, measured: reset.at - sent.at });
  });

  test(`the ${leg} vanishes for a while after keepalive was turned off: nothing is ended`, async (t) => {
    const session = await openLabSession(t);
    await session.retune('off');
    await vanishAfterLastWord(session, leg);
    await after(5000);
    session.laboratory.reappear(leg);
    await exchange(session.peers, 1000);
    t.deepEqual(session.warmline.told('sessionClosed'), []);
    t.is(saw(session.peers[survivor]).end, 'nothing');
  });
}

test('a session that the NAT is about to forget is rescued by a shorter idle time', async (t) => {
  const session = await openLabSession(t, {
    keepalive: '{ idle: 60s, interval: 1s, count: 3 }',
    nat: { remembers: 10 },
  });
  const { laboratory, warmline, wire, peers } = session;
  await until('old memory', () => Number(laboratory.remembersFor()) <= 5);
  const asked = Date.now();
  t.is(
    await session.retune('{ idle: 1s, interval: 1s, count: 3 }'),
    'retuned 1 session on 1 route',
  );
  const probe = await wire.upstream.next('probe', (s) => s.isOurs && isBare(s) && s.at > asked);
  await until('fresh memory', () => Number(laboratory.remembersFor()) >= 8);
  t.like(await warmline.event('retuned'), { route: 'main', retuned: 1, unchanged: 0, failed: 0 });
  // Past the end of what was left.
  const later = asked + 7000;
  await wire.upstream.next('later probe', (s) => s.isOurs && isBare(s) && s.at > later);
  await exchange(peers, 1000);
  t.deepEqual(warmline.told('sessionClosed'), []);
  measured(t, {
    scenario: 'a NAT is about to forget, SIGHUP',
    theory: 0,
    measured: probe.at - asked,
    saw: whatEachSaw(peers),
  });
});

testAlone('idle time that has passed counts against a lowered idle', async (t) => {
  const opened = steadyClock.now();
  const { tuned, port, upstreamPort } = await openSession(t);
  await after(4_000);
  await tuned.retune(routeTo(upstreamPort, ', keepalive: { idle: 20s }'));
  for (const filter of [`( sport = :${port} )`, `( dport = :${upstreamPort} )`]) {
    const left = readKeepaliveTimer(filter) ?? 99;
    const age = (steadyClock.now() - opened) / 1000;
    // In whole seconds.
    t.true(left <= 16 && left >= 20 - age - 1, `${left} s left of 20 after ${age} s at most`);
  }
});
