// Warmth: whether probes come often enough for a box, timers being late by an eighth.
import test from 'ava';
import { lintLeg } from '../../src/keepalive/lint.js';
import type { Keepalive } from '../../src/keepalive/policy.js';
import { presetNames, presets } from '../../src/keepalive/presets.js';
import { longestSilence, type Warmth, warmth } from '../../src/keepalive/warmth.js';

const cases: readonly [idle: number, interval: number, limit: number, warmth: Warmth][] = [
  [60, 10, 350, 'warm'],
  [7200, 75, 350, 'forgottenBeforeFirstProbe'],
  [60, 600, 350, 'forgottenBetweenProbes'],
  [80, 10, 91, 'warm'],
  // 90 s is what a timer of 80 s may take.
  [80, 10, 90, 'forgottenBeforeFirstProbe'],
  [10, 80, 90, 'forgottenBetweenProbes'],
];

for (const [idle, interval, limit, expected] of cases) {
  test(`idle ${idle}s, interval ${interval}s and a box of ${limit}s: ${expected}`, (t) => {
    t.is(warmth(keepalive(idle, interval), { limit, refreshedBy: 'packets' }), expected);
  });
}

test('a box that looks at payload is never kept warm by probes', (t) => {
  t.is(warmth(keepalive(1, 1), presets['aws-classic-lb']), 'payloadOnly');
});

test('the longest silence is an eighth more than the longer of idle and interval', (t) => {
  t.is(longestSilence(keepalive(80, 10)), 90);
  t.is(longestSilence(keepalive(10, 80)), 90);
});

test('check warns of the same presets', (t) => {
  for (const each of [keepalive(60, 10), keepalive(250, 10), keepalive(7200, 75)]) {
    for (const preset of presetNames) {
      const { limit, refreshedBy } = presets[preset];
      if (refreshedBy === 'payload') continue;
      const codes = lintLeg(each, { preset, natTimeout: limit }).map(({ code }) => code);
      t.is(codes.includes('natForgets'), warmth(each, presets[preset]) !== 'warm', preset);
    }
  }
});

function keepalive(idle: number, interval: number): Keepalive {
  return { idle, interval, count: 3, userTimeout: 0 };
}
