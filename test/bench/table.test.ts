// The benchmark's arithmetic: rounds to medians, spread and ratios.
import test from 'ava';
import { renderTable, summarize } from '../../bench/table.js';

test('the median of an odd and of an even number of rounds', (t) => {
  t.deepEqual(summarize([3, 1, 2]), { median: 2, min: 1, max: 3 });
  t.deepEqual(summarize([10, 1, 2, 4]), { median: 3, min: 1, max: 10 });
});

test('a row has medians, spread and the ratios of warmline to the others', (t) => {
  const metric = { label: 'bulk', unit: 'MB/s', better: 'more' } as const;
  const rounds = { direct: [2000], 'node pipe': [400, 600], warmline: [900, 1234.5, 1000] };
  t.is(
    lastLine(renderTable([{ metric, rounds }])),
    '| bulk | MB/s, more is better | 2,000 (2,000–2,000) | 500 (400–600) | 1,000 (900–1,230) | 0.50× | 2.00× |',
  );
});

test('what a direct connection has not is a dash', (t) => {
  const metric = { label: 'memory', unit: 'B', better: 'less', relayOnly: true } as const;
  const rounds = { 'node pipe': [10_000], warmline: [250] };
  t.is(
    lastLine(renderTable([{ metric, rounds }])),
    '| memory | B, less is better | – | 10,000 (10,000–10,000) | 250 (250–250) | – | 0.03× |',
  );
});

function lastLine(table: string): string | undefined {
  return table.split('\n').at(-1);
}
