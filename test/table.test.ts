// Table: columns as wide as what is in them, however many rows there are.
import test from 'ava';
import { table } from '../src/table.js';

test('a column is as wide as its widest cell, and its header', (t) => {
  t.deepEqual(table(['A', 'LONG'], [[['xyz'], ['1']]]), ['A    LONG', 'xyz  1']);
});

test('a row is as high as its highest cell', (t) => {
  t.deepEqual(table(['A', 'B'], [[['1', '2'], ['x']]]), ['A  B', '1  x', '2']);
});

test('as many rows as an audit may have', (t) => {
  const rows = Array.from({ length: 300_000 }, (_, row) => [[`${row}`]]);
  const lines = table(['ROW'], rows);
  t.is(lines.length, 300_001);
  t.is(lines[0], 'ROW');
});
