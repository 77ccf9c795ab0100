// Search: a path's limit is found in virtual time, whatever it is, within bounds of time and connections.
import test from 'ava';
import fc from 'fast-check';
import { type Finding, findingOf } from '../../src/toolkit/probe/finding.js';
import type { Measurement } from '../../src/toolkit/probe/measurement.js';
import { resolutionAt, type Settings } from '../../src/toolkit/probe/plan.js';
import { type End, type Progress, Search } from '../../src/toolkit/probe/search.js';
import type { Milliseconds } from '../../src/units.js';
import { FakeTimers } from '../helpers/fake_timers.js';
import { type Nature, runVirtually, SimulatedPath } from '../helpers/simulated_path.js';

const minute: Milliseconds = 60_000;
const usual: Settings = { min: 15_000, max: 30 * minute, resolution: null, connections: 16 };

interface Probed {
  readonly end: End;
  readonly finding: Finding;
  readonly measurements: readonly Measurement[];
  readonly path: SimulatedPath;
  readonly took: Milliseconds;
  readonly told: readonly Progress[];
  /** What was promised when the first round began. */
  readonly promised: Milliseconds;
}

interface Options {
  readonly settings?: Settings;
  readonly known?: readonly Measurement[];
  readonly stopAfter?: Milliseconds;
}

async function probe(nature: Nature, options: Options = {}): Promise<Probed> {
  const { settings = usual, known = [], stopAfter } = options;
  const timers = new FakeTimers();
  const began = timers.now();
  const stop = new AbortController();
  if (stopAfter !== undefined) timers.after(stopAfter, () => stop.abort());
  const path = new SimulatedPath(timers, nature);
  const told: Progress[] = [];
  let promised: Milliseconds | undefined;
  const search: Search = new Search({
    path,
    settings,
    clock: timers,
    known,
    stop: stop.signal,
    tell: (progress) => {
      told.push(progress);
      promised ??= search.timeLeft().all;
    },
  });
  const end = await runVirtually(search, timers);
  const { measurements } = search;
  const finding = findingOf(measurements, settings);
  const took = timers.now() - began;
  return { end, finding, measurements, path, took, told, promised: promised ?? 0 };
}

for (const onExpiry of ['drop', 'reset'] as const) {
  for (const limit of [60, 240, 350, 900, 1750].map((seconds) => seconds * 1000)) {
    test(`a path that forgets after ${limit / 1000} s (${onExpiry}) is bracketed and confirmed`, async (t) => {
      const { end, finding, took, path } = await probe({ limit, onExpiry });
      t.is(end, 'done');
      t.like(finding, { kind: 'limit', onExpiry, confidence: 'confirmed', contradictions: 0 });
      t.true(finding.remembered < limit && limit <= Number(finding.forgotten), sayBracket(finding));
      t.true(Number(finding.forgotten) - finding.remembered <= resolutionAt(limit, usual));
      t.true(took < 5 * limit + minute, `${took} ms`);
      t.is(path.open, 0);
    });
  }
}

test('middleboxes that are known to have such a limit are named', async (t) => {
  const { finding } = await probe({ limit: 240_500 });
  t.deepEqual(finding.presets, ['azure-load-balancer', 'azure-nat-gateway', 'azure-firewall']);
});

test('a path without a limit takes the longest time asked for, and is seen twice', async (t) => {
  const { end, finding, took } = await probe({});
  t.is(end, 'done');
  t.like(finding, { kind: 'none', confidence: 'confirmed', forgotten: null, onExpiry: null });
  t.true(finding.remembered >= usual.max);
  t.true(took >= usual.max && took < usual.max + 1000, `${took} ms`);
});

test('a far end that closes is not taken for a limit, and probes do not prevent it', async (t) => {
  const { end, finding } = await probe({ closesAfter: 2 * minute });
  t.is(end, 'done');
  t.like(finding, { kind: 'closing', confidence: 'confirmed', onExpiry: null, natTimeout: 120 });
  t.deepEqual(finding.closing, {
    after: 2 * minute,
    by: 'fin',
    confirmed: true,
    preventedByProbes: false,
  });
});

test('a box that closes is told from a program by probes that keep it open', async (t) => {
  const { finding } = await probe({ closesAfter: 2 * minute, heedsProbes: true });
  t.is(finding.kind, 'closing');
  t.true(finding.closing?.preventedByProbes);
});

test('a far end that closes later than the path forgets is not seen to', async (t) => {
  const { finding } = await probe({ limit: minute, closesAfter: 5 * minute });
  t.like(finding, { kind: 'limit', confidence: 'confirmed', closing: null });
});

test('one wrong answer of each kind is outvoted, and told', async (t) => {
  const lies = new Map([[3, 1], [9, Infinity]]); // biome-ignore format: number of the connection and its limit
  const limit = (connection: number) => lies.get(connection) ?? 5 * minute;
  const { end, finding } = await probe({ limit });
  t.is(end, 'done');
  t.like(finding, { kind: 'limit', confidence: 'contradicted' });
  t.true(finding.remembered < 5 * minute && Number(finding.forgotten) >= 5 * minute);
  t.true(Number(finding.natTimeout) >= 270, `${finding.natTimeout}`);
});

test('where a limit varies, the shortest that was seen twice is counted on', async (t) => {
  const limit = (connection: number) => 60_000 + ((connection * 7919) % 31) * 1000;
  const { end, finding } = await probe({ limit });
  t.is(end, 'done');
  t.is(finding.confidence, 'contradicted');
  t.true(
    Number(finding.natTimeout) <= 68 && Number(finding.natTimeout) >= 56,
    `${finding.natTimeout}`,
  );
});

test('a limit below the shortest idle time of the ladder is found', async (t) => {
  const { finding } = await probe({ limit: 4500 });
  t.like(finding, { kind: 'limit', confidence: 'confirmed', natTimeout: 3 });
});

test('a limit that no keepalive could hold gives none', async (t) => {
  const { finding } = await probe({ limit: 900 });
  t.like(finding, { kind: 'limit', remembered: 0, natTimeout: null, keepalive: null });
});

test('a far end that goes away in the middle is not a path that forgets', async (t) => {
  const { end, finding } = await probe({ goneAfter: 3 * minute });
  t.is(end, 'stuck');
  t.like(finding, { kind: 'unknown', forgotten: null, onExpiry: null });
  t.true(finding.remembered > minute && finding.remembered < 3 * minute);
});

test('a stop leaves nothing open and what is known so far', async (t) => {
  const { end, finding, path, took } = await probe(
    { limit: 20 * minute },
    { stopAfter: 5 * minute },
  );
  t.is(end, 'stopped');
  t.is(took, 5 * minute);
  t.is(path.open, 0);
  t.like(finding, { kind: 'unknown', confidence: 'unconfirmed', forgotten: null });
  t.true(finding.remembered >= 4 * minute && Number(finding.natTimeout) >= 240);
});

test('a search goes on from what was known', async (t) => {
  const nature = { limit: 10 * minute };
  const { measurements } = await probe(nature, { stopAfter: 8 * minute });
  const { end, finding, told, took } = await probe(nature, { known: measurements });
  t.is(end, 'done');
  t.is(finding.confidence, 'confirmed');
  const [first] = told.flatMap((each) => (each.event === 'round' ? [each] : []));
  t.true(Math.min(...(first?.round.silent ?? [])) > 6 * minute, 'nothing known is asked again');
  t.is(first?.number, 2);
  t.true(took < 35 * minute);
});

test('of a search that had found its limit nothing is asked again', async (t) => {
  const { measurements } = await probe({ limit: 5 * minute });
  const { end, told } = await probe({ limit: 5 * minute }, { known: measurements });
  t.is(end, 'done');
  t.deepEqual(told, []);
});

test('any limit is bracketed by no more connections than allowed, within the time promised', async (t) => {
  const holds = fc.asyncProperty(anyNature, anySettings, async (nature, settings) => {
    const { end, finding, path, took, promised } = await probe(nature, { settings });
    const { limit } = nature;
    const isRight =
      limit <= settings.max
        ? finding.kind === 'limit' &&
          finding.remembered < limit &&
          limit <= Number(finding.forgotten)
        : finding.remembered < limit && (finding.forgotten ?? Infinity) >= limit;
    const isNarrow =
      finding.kind !== 'limit' ||
      Number(finding.forgotten) - Math.max(1000, finding.remembered) <=
        resolutionAt(Number(finding.forgotten), settings);
    return (
      end === 'done' &&
      isRight &&
      isNarrow &&
      finding.confidence === 'confirmed' &&
      path.open === 0 &&
      path.mostOpen <= settings.connections &&
      took <= promised
    );
  });
  await t.notThrowsAsync(fc.assert(holds, { numRuns: 150 }));
});

test('timers that are late, each by another time, leave no limit unconfirmed', async (t) => {
  const holds = fc.asyncProperty(
    shortLimit,
    anySettings,
    anyLateness,
    async (nature, settings, late) => {
      const { end, finding } = await probe({ ...nature, late }, { settings });
      const { limit } = nature;
      return (
        end === 'done' &&
        finding.confidence === 'confirmed' &&
        finding.remembered < limit &&
        limit <= Number(finding.forgotten)
      );
    },
  );
  await t.notThrowsAsync(fc.assert(holds, { numRuns: 1000 }));
});

test('a far end that closes is named, whenever it does', async (t) => {
  const holds = fc.asyncProperty(
    fc.integer({ min: 2000, max: 1000 * 1000 }),
    fc.boolean(),
    async (closesAfter, heedsProbes) => {
      const { finding } = await probe({ closesAfter, heedsProbes });
      return (
        finding.kind === 'closing' &&
        finding.closing?.after === closesAfter &&
        finding.closing.confirmed &&
        finding.closing.preventedByProbes === heedsProbes
      );
    },
  );
  await t.notThrowsAsync(fc.assert(holds, { numRuns: 50 }));
});

const anyNature = fc.record({
  limit: fc.integer({ min: 1100, max: 4_000_000 }),
  onExpiry: fc.constantFrom('drop' as const, 'reset' as const),
});

/** Milliseconds are much of it. */
const shortLimit = fc.record({
  limit: fc.integer({ min: 1100, max: 20_000 }),
  onExpiry: fc.constantFrom('drop' as const, 'reset' as const),
});

/** 10 to 30 ms, and one connection in fifty up to a second. */
const anyLateness = fc
  .array(fc.integer({ min: 0, max: 49 }), { minLength: 97, maxLength: 97 })
  .map((draws) => (connection: number) => {
    const drawn = draws[connection % draws.length] ?? 0;
    return drawn === 0 ? 200 + ((connection * 7919) % 800) : 10 + (drawn % 20);
  });

const anySettings = fc.record({
  min: fc.integer({ min: 1000, max: 60_000 }),
  max: fc.integer({ min: 120_000, max: 3_600_000 }),
  resolution: fc.oneof(fc.constant(null), fc.integer({ min: 1000, max: 60_000 })),
  connections: fc.integer({ min: 4, max: 40 }),
});

function sayBracket({ remembered, forgotten }: Finding): string {
  return `${remembered} to ${forgotten} ms`;
}
