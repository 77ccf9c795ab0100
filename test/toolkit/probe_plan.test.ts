// Plan: what is measured next, and what measurements say together.
import test from 'ava';
import { bracketOf } from '../../src/toolkit/probe/bracket.js';
import { findingOf } from '../../src/toolkit/probe/finding.js';
import type { Measurement, Verdict } from '../../src/toolkit/probe/measurement.js';
import { ladder, nextRound, type Settings } from '../../src/toolkit/probe/plan.js';

const settings: Settings = { min: 15_000, max: 1_800_000, resolution: null, connections: 16 };

test('the ladder doubles, and looks just past what middleboxes are known to remember', (t) => {
  t.deepEqual(
    ladder(settings).map((idle) => idle / 1000),
    [15, 30, 61.8, 120, 247.2, 309, 360.5, 480, 618, 927, 1236],
  );
});

test('a ladder with few connections leaves out where it is densest, and keeps its first rung', (t) => {
  const rungs = ladder({ ...settings, connections: 6 });
  t.is(rungs.length, 4);
  t.is(rungs[0], 15_000);
});

test('the longest idle time has two witnesses from the start', (t) => {
  const { silent = [] } = nextRound([], settings) ?? {};
  t.deepEqual(silent.slice(-2), [1_800_000, 1_800_000]);
  t.true(silent.length <= 16);
});

test('witnesses of the longest idle time need not have been left alone for equally long', (t) => {
  const seen = [was('alive', 1800.01), was('alive', 1800.02)];
  t.is(nextRound(seen, settings), undefined);
  t.like(nextRound(seen.slice(1), settings), { kind: 'ladder', silent: [1_800_000] });
});

test('what was alive past the longest idle time confirms it, however far apart, and nothing shorter does', (t) => {
  const confidence = (...seconds: number[]) => {
    const seen = seconds.map((each) => was('alive', each));
    return [null, 5000].map(
      (resolution) => findingOf(seen, { ...settings, resolution }).confidence,
    );
  };
  t.deepEqual(confidence(1800.01, 1806), ['confirmed', 'confirmed']);
  t.deepEqual(confidence(1236, 1800.01), ['unconfirmed', 'unconfirmed']);
});

test('a limit that is known to lie beyond the longest idle time is left there', (t) => {
  const short = { ...settings, max: 600_000 };
  const seen = [was('alive', 300), was('dropped', 1236)];
  const { kind, silent = [] } = nextRound(seen, short) ?? {};
  t.is(kind, 'ladder');
  t.deepEqual(silent.slice(-2), [600_000, 600_000]);
  t.is(nextRound([...seen, was('alive', 600.01), was('alive', 600.02)], short), undefined);
  t.is(nextRound([was('alive', 300), was('dropped', 600.02)], short)?.kind, 'narrow');
});

test('the bracket lies where the answers change', (t) => {
  const seen = [was('alive', 60), was('dropped', 120), was('alive', 30), was('reset', 240)];
  t.deepEqual(bracketOf(seen), { lower: 60_000, upper: 120_000, contradictions: 0 });
});

test('nothing measured is a bracket around everything', (t) => {
  t.deepEqual(bracketOf([]), { lower: 0, upper: Infinity, contradictions: 0 });
});

test('what was survived is borne out by a little less: as long again is a little longer', (t) => {
  const seen = [was('alive', 10.5), was('reset', 11), was('reset', 11.01)];
  t.like(nextRound(seen, settings), { kind: 'confirm', silent: [10_000] });
  t.is(nextRound([...seen, was('alive', 10.02)], settings), undefined);
});

test('a single wrong answer is outvoted', (t) => {
  const seen = [was('dropped', 15), ...[30, 60, 120].map((idle) => was('alive', idle))];
  t.deepEqual(bracketOf(seen), { lower: 120_000, upper: Infinity, contradictions: 1 });
});

test('one answer against another leaves both places open', (t) => {
  const seen = [was('alive', 60), was('dropped', 119), was('alive', 120)];
  t.deepEqual(bracketOf(seen), { lower: 60_000, upper: Infinity, contradictions: 1 });
});

test('what was closed, was kept warm or told nothing says nothing of the limit', (t) => {
  const seen = [was('closed', 60), was('unclear', 30), { ...was('alive', 300), warm: true }];
  t.deepEqual(bracketOf(seen), bracketOf([]));
});

test('a close is asked about again, beside connections that are kept warm', (t) => {
  const round = nextRound([was('alive', 30), was('closed', 90), was('closed', 90)], settings);
  t.like(round, { kind: 'closing', warm: [{ period: 30 }, { period: 30 }] });
});

test('a close that others outlived was an event, not a habit', (t) => {
  const seen = [was('closed', 90), { ...was('alive', 240), round: 2 }];
  t.is(nextRound(seen, settings)?.kind, 'ladder');
  t.is(findingOf(seen, settings).closing, null);
});

test('what was found by an interrupted search is counted on as far as it goes', (t) => {
  const finding = findingOf([was('alive', 15), was('alive', 61)], settings);
  t.like(finding, { kind: 'unknown', confidence: 'unconfirmed', natTimeout: 61 });
  t.is(finding.keepalive?.idle, 20);
});

function was(verdict: Verdict, seconds: number): Measurement {
  const closedBy = verdict === 'closed' ? 'fin' : null;
  return { idle: seconds * 1000, verdict, closedBy, why: null, round: 1, warm: false };
}
