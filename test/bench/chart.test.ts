// The benchmark's chart: a bar for each ratio that there is.
import test from 'ava';
import { renderChart } from '../../bench/chart.js';

const metric = { key: 'rate', label: 'a < b', unit: '1/s', better: 'more' } as const;

test('each path but HAProxy has a bar with its ratio', (t) => {
  const rounds = { haproxy: [100], nginx: [50], warmline: [200] };
  const chart = renderChart([{ figure: 'f', metric, rounds }], ['haproxy', 'nginx', 'warmline']);
  t.true(chart.includes('>0.50</text>'));
  t.true(chart.includes('>2.00</text>'));
  t.true(chart.includes('a &lt; b'));
});

test('a figure that HAProxy was not measured in has no bars', (t) => {
  const rounds = { warmline: [200] };
  const chart = renderChart([{ figure: 'f', metric, rounds }], ['haproxy', 'warmline']);
  t.false(chart.includes('a &lt; b'));
});
