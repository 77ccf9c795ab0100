// The benchmark's goals: which are met, and by whom.
import test from 'ava';
import { bestOf, judge } from '../../bench/goals.js';
import type { Row } from '../../bench/table.js';

test('a goal holds against the best of the peers that were measured', (t) => {
  const [verdict] = judge([
    row('bulk-1', 'rate', { haproxy: [100], nginx: [200], warmline: [250] }),
  ]);
  t.like(verdict, { path: 'warmline', ratio: 1.25, met: false });
});

test('a goal against another figure compares warmline with itself', (t) => {
  const verdicts = judge([
    row('connects', 'rate', { haproxy: [100], warmline: [100] }),
    row('connects-logged', 'rate', { warmline: [95] }),
  ]);
  t.like(verdicts.at(-1), { goal: { figure: 'connects-logged' }, ratio: 0.95, met: true });
});

test('every warmline of a run is judged', (t) => {
  const rounds = { haproxy: [1000], 'warmline epoll': [90], 'warmline io_uring': [110] };
  const verdicts = judge([row('idle', 'memory', rounds)]);
  t.deepEqual(
    verdicts.map(({ path, met }) => [path, met]),
    [
      ['warmline epoll', true],
      ['warmline io_uring', false],
    ],
  );
});

test('without anything to compare with there is no verdict', (t) => {
  t.deepEqual(judge([row('bulk-1', 'rate', { warmline: [1] })]), []);
});

test('the best is the least where less is better', (t) => {
  t.is(bestOf(row('idle', 'memory', { a: [3], b: [2] }), ['a', 'b', 'c']), 2);
});

function row(figure: string, key: string, rounds: Row['rounds']): Row {
  const better = key === 'rate' ? 'more' : 'less';
  return { figure, metric: { key, label: key, unit: '', better }, rounds };
}
