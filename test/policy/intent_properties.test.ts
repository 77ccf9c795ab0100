// Intent: what holds of whatever is derived from whatever is asked for.
import test from 'ava';
import fc from 'fast-check';
import { deriveKeepalive, intentRanges } from '../../src/keepalive/intent.js';
import {
  type ExplicitKeepalive,
  type Intent,
  type Keepalive,
  keepaliveRanges,
} from '../../src/keepalive/policy.js';
import { presetNames } from '../../src/keepalive/presets.js';
import { detection } from '../../src/keepalive/timeline.js';
import { derived } from '../helpers/derived.js';

test('what is derived never leaves the ranges, the natTimeout or the deadAfter', (t) => {
  const holds = fc.property(anyExplicit, anyIntent, (explicit, intent) => {
    const derivation = deriveKeepalive({ explicit, intent });
    if (!derivation.ok) return intent.deadAfter !== undefined;
    const { keepalive } = derivation;
    return (
      isWithinRanges(keepalive) &&
      keepsExplicit(keepalive, explicit) &&
      isWithinNat(keepalive, explicit, intent) &&
      isWithinDeadAfter(keepalive, intent)
    );
  });
  t.notThrows(() => fc.assert(holds, { numRuns: 2000 }));
});

test('what is derived has a sane shape', (t) => {
  const holds = fc.property(anyExplicit, anyIntent, (explicit, intent) => {
    const derivation = deriveKeepalive({ explicit, intent });
    if (!derivation.ok) return true;
    const { idle, interval } = derivation.keepalive;
    const isOwn = Object.keys(intent).length > 0;
    const intervalFits = explicit.interval !== undefined || interval <= idle;
    const idleFits = explicit.idle !== undefined || idle <= 8 * interval;
    return !isOwn || (intervalFits && idleFits);
  });
  t.notThrows(() => fc.assert(holds, { numRuns: 2000 }));
});

test('with only a deadAfter all of it is used, in three probes or more', (t) => {
  for (let deadAfter = 4; deadAfter <= 2000; deadAfter++) {
    const { idle, interval, count } = derived({ deadAfter });
    t.is(idle + interval * count, deadAfter);
    t.true(count >= 3 && count <= 4, `${idle}/${interval}/${count}`);
  }
});

test('patience that is left would not hold one more probe', (t) => {
  const holds = fc.property(anyIntent, ({ natTimeout = 3, deadAfter = 90 }) => {
    const { idle, interval, count } = derived({ natTimeout, deadAfter });
    return count === keepaliveRanges.count.max || idle + interval * (count + 1) > deadAfter;
  });
  t.notThrows(() => fc.assert(holds, { numRuns: 2000 }));
});

test('there is a conflict exactly when no values at all would do, and few probes only then', (t) => {
  const holds = fc.property(smallExplicit, smallIntent, (explicit, intent) => {
    const derivation = deriveKeepalive({ explicit, intent });
    const possible = [...everyKeepalive(explicit, intent)];
    if (!derivation.ok) return possible.length === 0;
    const most = Math.max(...possible.map(({ count }) => count));
    return possible.length > 0 && derivation.keepalive.count >= Math.min(3, most);
  });
  t.notThrows(() => fc.assert(holds, { numRuns: 2000 }));
});

test('what a conflict offers is possible, and nothing nearer is', (t) => {
  const holds = fc.property(anyExplicit, anyIntent, (explicit, intent) => {
    const derivation = deriveKeepalive({ explicit, intent });
    if (derivation.ok) return true;
    return derivation.conflict.nearest.every(({ key, value }) => {
      const step = { deadAfter: -1, userTimeout: 1000 }[key as string] ?? 1;
      const isPossible = (value: number) =>
        deriveKeepalive(
          key === 'deadAfter'
            ? { explicit, intent: { ...intent, deadAfter: value } }
            : { explicit: { ...explicit, [key]: value }, intent },
        ).ok;
      return isPossible(value) && !isPossible(value + step);
    });
  });
  t.notThrows(() => fc.assert(holds, { numRuns: 2000 }));
});

function isWithinRanges({ userTimeout, ...values }: Keepalive): boolean {
  return (
    (['idle', 'interval', 'count'] as const).every((key) => {
      const { min, max } = keepaliveRanges[key];
      return Number.isInteger(values[key]) && values[key] >= min && values[key] <= max;
    }) && userTimeout <= keepaliveRanges.userTimeout.max
  );
}

function keepsExplicit(keepalive: Keepalive, explicit: ExplicitKeepalive): boolean {
  const keys = Object.keys(explicit) as (keyof ExplicitKeepalive)[];
  return keys.every((key) => explicit[key] === 'auto' || keepalive[key] === explicit[key]);
}

function isWithinNat(
  { idle, interval }: Keepalive,
  explicit: ExplicitKeepalive,
  { natTimeout = Infinity }: Intent,
): boolean {
  const period = Math.floor(natTimeout / 3);
  return (
    (explicit.idle !== undefined || idle <= period) &&
    (explicit.interval !== undefined || interval <= period || natTimeout === Infinity)
  );
}

function isWithinDeadAfter(keepalive: Keepalive, { deadAfter }: Intent): boolean {
  if (deadAfter === undefined) return true;
  const { idle, afterAnsweredProbe } = detection(keepalive);
  const latest = Math.max(idle, afterAnsweredProbe, keepalive.userTimeout);
  return latest <= deadAfter * 1000;
}

/** All values within small ranges that keep to what is asked. */
function* everyKeepalive(explicit: ExplicitKeepalive, intent: Intent): Generator<Keepalive> {
  const range = (given: number | undefined, max: number) =>
    given === undefined ? Array.from({ length: max }, (_, index) => index + 1) : [given];
  for (const idle of range(explicit.idle, 25)) {
    for (const interval of range(explicit.interval, 25)) {
      for (const count of range(explicit.count, 25)) {
        const asked = explicit.userTimeout ?? 'auto';
        const userTimeout = asked === 'auto' ? (idle + interval * count) * 1000 : asked;
        const keepalive = { idle, interval, count, userTimeout };
        const takes = Math.max(idle, interval) + interval * count;
        if (takes > (intent.deadAfter ?? Infinity)) continue;
        if (isWithinNat(keepalive, explicit, intent) && isWithinDeadAfter(keepalive, intent)) {
          yield keepalive;
        }
      }
    }
  }
}

function explicitUpTo(seconds: number, count: number, milliseconds: number) {
  return fc.record(
    {
      idle: fc.integer({ min: 1, max: seconds }),
      interval: fc.integer({ min: 1, max: seconds }),
      count: fc.integer({ min: 1, max: count }),
      userTimeout: fc.oneof(
        fc.constantFrom('auto' as const, 0),
        fc.integer({ min: 1, max: milliseconds }),
      ),
    },
    { requiredKeys: [] },
  );
}

function secondsOf(key: keyof typeof intentRanges, max: number = intentRanges[key].max) {
  const { min } = intentRanges[key];
  return fc.oneof(fc.integer({ min, max: Math.min(max, 600) }), fc.integer({ min, max }));
}

const anyExplicit = fc.oneof(
  explicitUpTo(120, 12, 200_000),
  explicitUpTo(32_767, 127, 2 ** 31 - 1),
);

const anyIntent: fc.Arbitrary<Intent> = fc.record(
  {
    preset: fc.constantFrom(...presetNames),
    natTimeout: secondsOf('natTimeout'),
    deadAfter: secondsOf('deadAfter'),
  },
  { requiredKeys: [] },
);

const smallExplicit = explicitUpTo(12, 5, 25_000);

const smallIntent = fc.record(
  { natTimeout: secondsOf('natTimeout', 60), deadAfter: secondsOf('deadAfter', 25) },
  { requiredKeys: ['deadAfter'] },
);
