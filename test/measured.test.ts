// Measured: docs/keepalive.md shows theory and measurement of every scenario of the laboratory. The numbers are a run's own.
import test from 'ava';
import { scenarios } from './helpers/measured.js';
import { readText } from './helpers/repository.js';

test('the page has a row for each scenario, in order, with its rule', (t) => {
  const [, table = ''] = readText('docs/keepalive.md').split(/<!-- (?:end of )?laboratory -->/);
  const rows = table.split('\n').filter((line) => line.startsWith('| '));
  const shown = rows.slice(1).map((line) => line.split(' | ').slice(0, 2).join(': '));
  t.true(shown.length >= 20, `found ${shown.length} rows`);
  t.deepEqual(
    shown,
    Object.entries(scenarios).map(([name, rule]) => `| ${name}: ${rule}`),
  );
});
