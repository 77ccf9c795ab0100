// Units: how durations are written.
import test from 'ava';
import { formatDuration, spellDuration } from '../src/units.js';

test('a duration is written in the largest unit that keeps it whole', (t) => {
  const written = [0, 1, 1500, 60_000, 90_000, 7_200_000, 86_400_000].map(formatDuration);
  t.deepEqual(written, ['0ms', '1ms', '1500ms', '1m', '90s', '2h', '1d']);
});

test('spelt, it has all its units', (t) => {
  const spelt = [0, 1, 75, 600, 7200, 7875, 90_061].map(spellDuration);
  t.deepEqual(spelt, ['0s', '1s', '1m 15s', '10m', '2h', '2h 11m 15s', '1d 1h 1m 1s']);
});
