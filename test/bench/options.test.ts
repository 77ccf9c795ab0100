// The benchmark's command line.
import test from 'ava';
import { readOptions } from '../../bench/options.js';

test('figures are chosen by name', (t) => {
  t.deepEqual(
    readOptions(['--only', 'idle,bulk-1'])?.chosen.map(({ name }) => name),
    ['bulk-1', 'idle'],
  );
});

test('a short run has fewer idle sessions unless they are given', (t) => {
  t.is(readOptions([])?.sessions, 9000);
  t.is(readOptions(['--seconds', '0.2'])?.sessions, 1200);
  t.is(readOptions(['--seconds', '0.2', '--sessions', '50'])?.sessions, 50);
});

for (const args of [['--only', 'bulk-2'], ['--rounds', '0'], ['--seconds', 'x'], ['--unknown']]) {
  test(`${args.join(' ')} makes no sense`, (t) => {
    t.is(readOptions(args), undefined);
  });
}
