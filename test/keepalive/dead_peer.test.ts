// Dead peer: a peer that vanishes without a word is noticed in the time that keepalive promises, and the other side
// gets a reset, never a clean end. The kernel's own timers.
import { setTimeout as after } from 'node:timers/promises';
import type { LegName } from '../../src/engine/contract.js';
import { busyEvidence, type Death, idleEvidence, survivorReset } from '../helpers/death.js';
import {
  exchange,
  lastHeard,
  openLabSession,
  otherLeg,
  saw,
  vanishAfterLastWord,
  whatEachSaw,
} from '../helpers/lab_session.js';
import { measured } from '../helpers/measured.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';

const test = requiresConcurrently(...laboratoryNeeds);

/** 1s/1s/2. */
const theory = 3000;

const idleDeath = (leg: LegName): Death => ({
  leg,
  reason: 'KeepaliveTimeout',
  evidence: idleEvidence([2, 2], theory),
});

for (const leg of ['upstream', 'client'] as const) {
  const survivor = otherLeg(leg);

  test(`the ${leg} vanishes while idle: the other side is reset in time`, async (t) => {
    const session = await openLabSession(t);
    await vanishAfterLastWord(session, leg);
    const reset = await survivorReset(t, session, idleDeath(leg));
    await session.peers[survivor].next('error');
    t.deepEqual(saw(session.peers[survivor]), { bytes: 2, end: 'RST' });
    measured(t, {
      scenario: `${leg} vanishes while idle`,
      theory,
      measured: reset.at - lastHeard(session, leg),
      saw: whatEachSaw(session.peers),
    });
  });

  test(`the ${leg} vanishes with data on the way to it: the user timeout ends it in time`, async (t) => {
    const session = await openLabSession(t);
    await vanishAfterLastWord(session, leg);
    session.peers[survivor].send(1000);
    const sent = await session.wire[leg].next('data', ({ payload }) => payload === 1000);
    const reset = await survivorReset(t, session, {
      leg,
      reason: 'UserTimeout',
      evidence: busyEvidence(theory),
    });
    await session.peers[survivor].next('error');
    t.deepEqual(saw(session.peers[survivor]), { bytes: 2, end: 'RST' });
    measured(t, {
      scenario: `${leg} vanishes with data in flight`,
      theory,
      measured: reset.at - sent.at,
      saw: whatEachSaw(session.peers),
    });
  });

  test(`the ${leg} vanishes after the other side has finished sending: the session is freed`, async (t) => {
    const session = await openLabSession(t);
    session.peers[survivor].end();
    await session.peers[leg].next('end');
    await vanishAfterLastWord(session, leg);
    const reset = await survivorReset(t, session, idleDeath(leg));
    await session.peers[survivor].next('error');
    t.deepEqual(saw(session.peers[survivor]), { bytes: 2, end: 'RST' });
    measured(t, {
      scenario: `${leg} vanishes after the other has finished`,
      theory,
      measured: reset.at - lastHeard(session, leg),
      saw: whatEachSaw(session.peers),
    });
  });

  test(`the ${leg} vanishes after it has finished sending: the session is freed`, async (t) => {
    const session = await openLabSession(t);
    session.peers[leg].end();
    await session.peers[survivor].next('end');
    session.laboratory.vanish(leg);
    // The survivor has read the end and reads no more, so only the wire tells of the reset.
    const reset = await survivorReset(t, session, idleDeath(leg));
    t.deepEqual(saw(session.peers[survivor]), { bytes: 1, end: 'FIN' });
    measured(t, {
      scenario: `${leg} finishes, then vanishes`,
      theory,
      measured: reset.at - lastHeard(session, leg),
      saw: whatEachSaw(session.peers),
    });
  });

  test(`the ${leg} is out of reach for less than that: nothing is lost`, async (t) => {
    const session = await openLabSession(t);
    const { laboratory, peers } = session;
    await vanishAfterLastWord(session, leg);
    peers[survivor].send(1000);
    await after(1500);
    laboratory.reappear(leg);
    await peers[leg].next('data', 1001);
    await exchange(peers, 1000);
    t.deepEqual(saw(peers[leg]), { bytes: 2001, end: 'nothing' });
  });
}

test('with onDeath: close the client gets all that the upstream had sent, and then a clean end', async (t) => {
  const session = await openLabSession(t, { route: ['onDeath: close'] });
  session.peers.upstream.send(100_000);
  await session.peers.client.next('data', 100_001);
  await vanishAfterLastWord(session, 'upstream');
  const fin = await session.wire.client.next('FIN', (s) => s.isOurs && s.flags.includes('F'));
  await session.peers.client.next('end');
  t.like(await session.warmline.event('sessionClosed'), { reason: 'upstreamKeepaliveTimeout' });
  t.deepEqual(saw(session.peers.client), { bytes: 100_002, end: 'FIN' });
  measured(t, {
    scenario: 'upstream vanishes, onDeath: close',
    theory,
    measured: fin.at - lastHeard(session, 'upstream'),
    saw: whatEachSaw(session.peers),
  });
});
