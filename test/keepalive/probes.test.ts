// Probes: what keepalive puts on the wire, counted there: how many, how far apart, and the reset at the end.
import type { ExecutionContext } from 'ava';
import type { Milliseconds } from '../../src/units.js';
import { isBare, isReset, type Segment } from '../helpers/capture.js';
import {
  type LabSession,
  lastHeard,
  openLabSession,
  vanishAfterLastWord,
} from '../helpers/lab_session.js';
import { earliest, latest } from '../helpers/measured.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';
import { until } from '../helpers/waiting.js';

const test = requiresConcurrently(...laboratoryNeeds);

for (const leg of ['upstream', 'client'] as const) {
  test(`the ${leg} vanishes: after idle it gets count probes an interval apart, then a reset`, async (t) => {
    const session = await openLabSession(t, { keepalive: '{ idle: 2s, interval: 1s, count: 3 }' });
    await vanishAfterLastWord(session, leg);
    const reset = await session.wire[leg].next('reset', isReset);
    const heard = lastHeard(session, leg);
    const said = session.wire[leg].segments.filter(({ at }) => at > heard + 500);
    t.true(said.every(({ isOurs }) => isOurs));
    t.deepEqual(
      said.map(({ flags }) => flags.includes('R')),
      [false, false, false, true],
    );
    const times = [heard, ...said.map(({ at }) => at)];
    checkPauses(t, times, [2000, 1000, 1000, 1000]);
    t.is(said.at(-1)?.at, reset.at);
  });
}

for (const [idle, interval] of [
  [1, 3],
  [2, 1],
] as const) {
  const period = Math.max(idle, interval) * 1000;

  test(`answered probes of ${idle}s/${interval}s start after idle and come ${period} ms apart`, async (t) => {
    const session = await openLabSession(t, {
      keepalive: `{ idle: ${idle}s, interval: ${interval}s, count: 2 }`,
    });
    const heard = lastHeard(session, 'upstream');
    const isLater = ({ at }: Segment) => at > heard + 500;
    const probesOf = () => probes(session).filter(isLater);
    await until('fourth probe', () => probesOf().length >= 4, 20_000);
    const times = [heard, ...probesOf().map(({ at }) => at)].slice(0, 5);
    checkPauses(t, times, [idle * 1000, period, period, period]);
    const segments = session.wire.upstream.segments.filter(isLater);
    t.true(segments.every(isBare), 'neither payload nor flags');
    const answered = segments.filter(({ isOurs }) => !isOurs).length;
    t.true(Math.abs(answered - probesOf().length) <= 1, `${answered} answers`);
  });
}

function probes({ wire }: LabSession): Segment[] {
  return wire.upstream.segments.filter((segment) => segment.isOurs && isBare(segment));
}

/** Each pause is as long as foretold. */
function checkPauses(
  t: ExecutionContext,
  times: readonly Milliseconds[],
  expected: readonly Milliseconds[],
): void {
  const pauses = times.slice(1).map((at, index) => Math.round(at - Number(times[index])));
  t.is(pauses.length, expected.length);
  for (const [index, pause] of pauses.entries()) {
    const theory = Number(expected[index]);
    t.true(pause >= earliest(theory) && pause <= latest(theory), `${pauses} ms, not ${expected}`);
  }
  t.log(`pauses ${pauses.join(', ')} ms of ${expected.join(', ')}`);
}
