// Goals: what warmline wants to be, as ratios within one run. Measures nothing.
import { type Row, summarize } from './table.js';

/** Warmline's median as a multiple of another one, and what it must be. */
export interface Goal {
  readonly figure: string;
  readonly metric: string;
  /** Paths of which the best one counts, or another figure of warmline itself. */
  readonly against: { readonly paths: readonly string[] } | { readonly figure: string };
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Verdict {
  readonly goal: Goal;
  readonly path: string;
  readonly ratio: number;
  readonly met: boolean;
}

const peers = { paths: ['haproxy', 'haproxy splice', 'nginx'] };

export const goals: readonly Goal[] = [
  { figure: 'bulk-1', metric: 'rate', against: peers, atLeast: 1.3 },
  { figure: 'bulk-1', metric: 'cpu', against: peers, atMost: 0.6 },
  { figure: 'bulk-16', metric: 'rate', against: peers, atLeast: 1.3 },
  { figure: 'bulk-16', metric: 'cpu', against: peers, atMost: 0.6 },
  { figure: 'messages-50', metric: 'rate', against: peers, atLeast: 1.3 },
  { figure: 'messages-50', metric: 'p99', against: peers, atMost: 0.75 },
  { figure: 'messages-500', metric: 'rate', against: peers, atLeast: 1.5 },
  { figure: 'connects', metric: 'rate', against: peers, atLeast: 1.15 },
  { figure: 'connects-logged', metric: 'rate', against: { figure: 'connects' }, atLeast: 0.9 },
  { figure: 'idle', metric: 'memory', against: { paths: ['haproxy'] }, atMost: 0.1 },
];

/** What became of each goal that this run can tell of, for every warmline in it. */
export function judge(rows: readonly Row[]): Verdict[] {
  return goals.flatMap((goal) => {
    const row = find(rows, goal.figure, goal.metric);
    if (!row) return [];
    const warmlines = Object.keys(row.rounds).filter((name) => name.startsWith('warmline'));
    return warmlines.flatMap((path) => {
      const ratio = medianOf(row, path) / reference(rows, row, goal, path);
      const { atLeast = -Infinity, atMost = Infinity } = goal;
      return Number.isNaN(ratio)
        ? []
        : [{ goal, path, ratio, met: ratio >= atLeast && ratio <= atMost }];
    });
  });
}

function reference(
  rows: readonly Row[],
  row: Row,
  { against, metric }: Goal,
  path: string,
): number {
  if ('figure' in against) {
    const other = find(rows, against.figure, metric);
    return other ? medianOf(other, path) : Number.NaN;
  }
  return bestOf(row, against.paths);
}

/** The best median of those paths that were measured; NaN when none was. */
export function bestOf(row: Row, paths: readonly string[]): number {
  const medians = paths.filter((path) => row.rounds[path]).map((path) => medianOf(row, path));
  if (medians.length === 0) return Number.NaN;
  return row.metric.better === 'more' ? Math.max(...medians) : Math.min(...medians);
}

function find(rows: readonly Row[], figure: string, metric: string): Row | undefined {
  return rows.find((row) => row.figure === figure && row.metric.key === metric);
}

function medianOf({ rounds }: Row, path: string): number {
  return summarize(rounds[path] ?? []).median;
}
