// NAT: a box between relay and upstream that forgets silent connections. Keepalive keeps its memory
// warm; and when it has forgotten all the same, its answer says so, or its silence does.
import { setTimeout as after } from 'node:timers/promises';
import type { Seconds } from '../../src/units.js';
import { isBare } from '../helpers/capture.js';
import { idleEvidence, survivorReset } from '../helpers/death.js';
import { exchange, lastHeard, openLabSession, saw, whatEachSaw } from '../helpers/lab_session.js';
import type { Laboratory } from '../helpers/laboratory.js';
import { measured } from '../helpers/measured.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';
import { until } from '../helpers/waiting.js';

const test = requiresConcurrently(...laboratoryNeeds);

const remembers: Seconds = 4;
const keepalive = '{ idle: 1s, interval: 1s, count: 2 }';
const none = '{ upstream: off }';

test('a session with keepalive outlives the memory of a NAT, which each probe refreshes', async (t) => {
  const session = await openLabSession(t, {
    keepalive: '{ idle: 2s, interval: 2s, count: 2 }',
    nat: { remembers: 6 },
  });
  const opened = Date.now();
  // Twice what the box remembers.
  const memory = await watchMemory(session.laboratory, 60);
  t.true(
    memory.every((left) => left !== undefined && left >= 1),
    `${memory}`,
  );
  const rises = memory.filter((left, index) => Number(left) > Number(memory[index - 1])).length;
  t.true(rises >= 4, `it rose ${rises} times: ${memory}`);
  const probes = session.wire.upstream.segments.filter(
    (segment) => segment.isOurs && isBare(segment) && segment.at > opened + 500,
  );
  const pauses = probes.slice(1).map(({ at }, index) => at - Number(probes[index]?.at));
  await exchange(session.peers, 1000);
  measured(t, {
    scenario: 'a NAT is kept warm',
    theory: 2000,
    measured: Math.max(...pauses),
    saw: whatEachSaw(session.peers),
  });
});

test('without keepalive the same NAT forgets it, and what is sent then is lost', async (t) => {
  const session = await openLabSession(t, { keepalive: none, nat: { remembers } });
  const heard = lastHeard(session, 'upstream');
  await until('end of its memory', () => session.laboratory.remembersFor() === undefined);
  const forgotten = Date.now() - heard;
  session.peers.client.send(1000);
  // The first transmission and two more.
  const isSent = ({ payload }: { payload: number }) => payload === 1000;
  await until(
    'third transmission',
    () => session.wire.upstream.segments.filter(isSent).length >= 3,
  );
  t.deepEqual(saw(session.peers.upstream), { bytes: 1, end: 'nothing' });
  t.deepEqual(session.warmline.told('sessionClosed'), []);
  measured(t, {
    scenario: 'a NAT forgets a session without keepalive',
    theory: remembers * 1000,
    measured: forgotten,
    saw: whatEachSaw(session.peers),
  });
});

test('without keepalive a NAT that answers with a reset breaks it at the next word', async (t) => {
  const session = await openLabSession(t, {
    keepalive: none,
    nat: { remembers, answers: 'reset' },
  });
  await until('end of its memory', () => session.laboratory.remembersFor() === undefined);
  session.peers.client.send(1000);
  const evidence = { ...idleEvidence([0, 0], remembers * 1000), retransmits: [0, 1] } as const;
  await survivorReset(t, session, { leg: 'upstream', reason: 'Reset', evidence });
  await session.peers.client.next('error');
  t.deepEqual(saw(session.peers.client), { bytes: 1, end: 'RST' });
  t.deepEqual(saw(session.peers.upstream), { bytes: 1, end: 'nothing' });
});

test('a NAT that has forgotten, and answers the next probe with a reset, is named so', async (t) => {
  const session = await openLabSession(t, { keepalive, nat: { answers: 'reset' } });
  session.laboratory.forget();
  const reset = await survivorReset(t, session, {
    leg: 'upstream',
    reason: 'ResetAfterProbe',
    evidence: idleEvidence([1, 1], 1000),
  });
  await session.peers.client.next('error');
  t.deepEqual(saw(session.peers.upstream), { bytes: 1, end: 'nothing' });
  measured(t, {
    scenario: 'a NAT forgets and answers with a reset',
    theory: 1000,
    measured: reset.at - lastHeard(session, 'upstream'),
    saw: whatEachSaw(session.peers),
  });
});

test('a NAT that has forgotten, and drops every probe, is a dead peer', async (t) => {
  const session = await openLabSession(t, { keepalive });
  session.laboratory.forget();
  const reset = await survivorReset(t, session, {
    leg: 'upstream',
    reason: 'KeepaliveTimeout',
    evidence: idleEvidence([2, 2], 3000),
  });
  await session.peers.client.next('error');
  t.deepEqual(saw(session.peers.upstream), { bytes: 1, end: 'nothing' });
  measured(t, {
    scenario: 'a NAT forgets and drops',
    theory: 3000,
    measured: reset.at - lastHeard(session, 'upstream'),
    saw: whatEachSaw(session.peers),
  });
});

/** What is left of the NAT's memory, looked at so many times, a fifth of a second apart. */
async function watchMemory(
  laboratory: Laboratory,
  looks: number,
): Promise<(Seconds | undefined)[]> {
  const memory = [];
  for (let look = 0; look < looks; look++) {
    memory.push(laboratory.remembersFor());
    await after(200);
  }
  return memory;
}
