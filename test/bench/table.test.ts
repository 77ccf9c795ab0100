// The benchmark's arithmetic: rounds to medians, spread and ratios.
import test from 'ava';
import { renderTable, renderVerdicts, summarize } from '../../bench/table.js';

test('the median of an odd and of an even number of rounds', (t) => {
  t.deepEqual(summarize([3, 1, 2]), { median: 2, min: 1, max: 3 });
  t.deepEqual(summarize([10, 1, 2, 4]), { median: 3, min: 1, max: 10 });
});

test('a row has medians, spread and the ratios of warmline to the best peer, to HAProxy and to direct', (t) => {
  const metric = { key: 'rate', label: 'bulk', unit: 'MB/s', better: 'more' } as const;
  const rounds = {
    direct: [2000],
    haproxy: [400, 600],
    nginx: [800],
    warmline: [900, 1234.5, 1000],
  };
  t.is(
    lastLine(renderTable([{ figure: 'bulk-1', metric, rounds }], Object.keys(rounds))),
    '| bulk | MB/s, more is better | 2,000 (2,000–2,000) | 500 (400–600) | 800 (800–800) ' +
      '| 1,000 (900–1,230) | 1.25× | 2.00× | 0.50× |',
  );
});

test('what a path has not is a dash, and so is a multiple of nothing', (t) => {
  const metric = { key: 'memory', label: 'memory', unit: 'B', better: 'less' } as const;
  const rounds = { haproxy: [0], warmline: [250] };
  t.is(
    lastLine(renderTable([{ figure: 'idle', metric, rounds }], ['direct', 'haproxy', 'warmline'])),
    '| memory | B, less is better | – | 0 (0–0) | 250 (250–250) | – | – | – |',
  );
});

test('a verdict says what was wanted and what is', (t) => {
  const goal = {
    figure: 'idle',
    metric: 'memory',
    against: { paths: ['haproxy'] },
    atMost: 0.1,
  };
  t.is(
    lastLine(renderVerdicts([{ goal, path: 'warmline', ratio: 0.2, met: false }])),
    '| idle, memory | warmline | ≤ 0.1× of haproxy | 0.20× | missed |',
  );
});

function lastLine(table: string): string | undefined {
  return table.split('\n').at(-1);
}
