// User timeout: with a value of its own it replaces the count while idle; without one, a peer that vanishes with data in
// flight is given up when the kernel has retransmitted often enough.
import type { Milliseconds } from '../../src/units.js';
import { busyEvidence, idleEvidence, isOurReset, survivorReset } from '../helpers/death.js';
import {
  type LabSession,
  lastHeard,
  openLabSession,
  vanishAfterLastWord,
  whatEachSaw,
} from '../helpers/lab_session.js';
import { addresses } from '../helpers/laboratory.js';
import { measured } from '../helpers/measured.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';

const test = requiresConcurrently(...laboratoryNeeds);

const whileIdle = [
  {
    title: 'below idle + interval × count ends an idle leg at the first tick after it',
    keepalive: '{ idle: 1s, interval: 1s, count: 9, userTimeout: 2500ms }',
    probes: 2,
    scenario: 'a short user timeout while idle',
    theory: 3000,
  },
  {
    title: 'above idle + interval × count keeps an idle leg probing until then',
    keepalive: '{ idle: 1s, interval: 1s, count: 1, userTimeout: 3500ms }',
    probes: 3,
    scenario: 'a long user timeout while idle',
    theory: 4000,
  },
] as const;

for (const { title, keepalive, probes, scenario, theory } of whileIdle) {
  test(`a user timeout ${title}`, async (t) => {
    const session = await openLabSession(t, { keepalive });
    await vanishAfterLastWord(session, 'upstream');
    const reset = await survivorReset(t, session, {
      leg: 'upstream',
      reason: 'UserTimeoutIdle',
      evidence: idleEvidence([probes, probes], theory),
    });
    await session.peers.client.next('error');
    measured(t, {
      scenario,
      theory,
      measured: reset.at - lastHeard(session, 'upstream'),
      saw: whatEachSaw(session.peers),
    });
  });
}

test('without a user timeout the retransmissions of tcp_retries2 decide', async (t) => {
  const session = await openLabSession(t, {
    keepalive: '{ idle: 1s, interval: 1s, count: 2, userTimeout: off }',
  });
  // No tail loss probe, so that what is sent twice has been retransmitted.
  session.laboratory.relay.run('sysctl', '-qw', 'net.ipv4.tcp_early_retrans=0', retries2);
  await vanishAfterLastWord(session, 'upstream');
  const rto = retransmissionTimeout(session);
  session.peers.client.send(1000);
  const reset = await session.wire.client.next('reset', isOurReset);
  const sent = session.wire.upstream.segments.filter(({ payload }) => payload === 1000);
  const [first = 0, second = 0] = sent.map(({ at }) => at);
  // The pauses double, and death comes at the end of the first one that is past the limit.
  const theory = (2 ** sent.length - 1) * rto;
  const [last = 0] = sent.map(({ at }) => at).slice(-1);
  t.true(
    last - second < limit && reset.at - second >= limit,
    `${sent.map(({ at }) => at - first)}`,
  );
  await survivorReset(t, session, {
    leg: 'upstream',
    reason: 'RetransmissionTimeout',
    evidence: { ...busyEvidence(theory), retransmits: [sent.length - 1, sent.length - 1] },
  });
  await session.peers.client.next('error');
  measured(t, {
    scenario: 'no user timeout, data in flight',
    theory,
    measured: reset.at - first,
    saw: whatEachSaw(session.peers),
  });
});

const retries2 = 'net.ipv4.tcp_retries2=3';
/** From the first retransmission: (2^(3 + 1) - 1) × 200 ms (retransmits_timed_out() in net/ipv4/tcp_timer.c). */
const limit: Milliseconds = 3000;

/** How long the relay's kernel waits for the upstream's first acknowledgement. */
function retransmissionTimeout({ laboratory }: LabSession): Milliseconds {
  const shown = laboratory.relay.run('ss', '-Htni', 'dst', addresses.upstream);
  return Number(shown.match(/ rto:(\d+)/)?.[1]);
}
