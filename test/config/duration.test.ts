// Duration: texts to numbers and back.
import test from 'ava';
import fc from 'fast-check';
import { parseDuration, parseSeconds } from '../../src/config/duration.js';
import { formatDuration } from '../../src/units.js';

const anyLength = { min: 0, max: Number.MAX_SAFE_INTEGER };

test('every unit is read', (t) => {
  const lengths = { '7ms': 7, '7s': 7000, '7m': 420_000, '7h': 25_200_000, '7d': 604_800_000 };
  for (const [text, value] of Object.entries(lengths)) {
    t.deepEqual(parseDuration(text, anyLength), { ok: true, value });
  }
});

test('a duration is written in the largest unit that keeps it whole', (t) => {
  const texts = [0, 1500, 90_000, 60_000, 5_400_000, 7_200_000, 86_400_000].map(formatDuration);
  t.deepEqual(texts, ['0ms', '1500ms', '90s', '1m', '90m', '2h', '1d']);
});

test('any number of milliseconds is read back as it was written', (t) => {
  const isReadBack = (value: number) => {
    const parsed = parseDuration(formatDuration(value), anyLength);
    return parsed.ok && parsed.value === value;
  };
  t.notThrows(() => fc.assert(fc.property(fc.maxSafeNat(), isReadBack)));
});

test('any number of seconds in any unit is read as these seconds', (t) => {
  const isRead = (value: number) => {
    const parsed = parseSeconds(`${value * 1000}ms`, anyLength);
    return parsed.ok && parsed.value === value;
  };
  t.notThrows(() => fc.assert(fc.property(fc.nat(), isRead)));
});

test('no fraction of a second is truncated', (t) => {
  const isRefused = (value: number) => !parseSeconds(`${value}ms`, anyLength).ok;
  const fractions = fc.nat().filter((value) => value % 1000 !== 0);
  t.notThrows(() => fc.assert(fc.property(fractions, isRefused)));
});
