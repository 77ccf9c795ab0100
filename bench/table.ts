// Table: rounds to medians, spread and ratios, and those to text. Measures nothing.
import type { Metric } from './figure.js';
import type { PathName } from './paths.js';

/** What was measured for one metric: one number a round, for every path that it makes sense for. */
export interface Row {
  readonly metric: Metric;
  readonly rounds: Readonly<Partial<Record<PathName, readonly number[]>>>;
}

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  return {
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

/** A Markdown table: median, spread, and warmline's median as a multiple of each of the others'. */
export function renderTable(rows: readonly Row[]): string {
  const header = ['figure', 'unit', 'direct', 'node pipe', 'warmline', 'to direct', 'to node pipe'];
  return [header, header.map(() => '---'), ...rows.map(renderRow)]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function renderRow({ metric, rounds }: Row): string[] {
  const cell = (path: PathName) => (rounds[path] ? renderSummary(summarize(rounds[path])) : '–');
  const ratio = (path: PathName) =>
    rounds[path] ? renderRatio(rounds.warmline, rounds[path]) : '–';
  return [
    metric.label,
    `${metric.unit}, ${metric.better} is better`,
    cell('direct'),
    cell('node pipe'),
    cell('warmline'),
    ratio('direct'),
    ratio('node pipe'),
  ];
}

function renderSummary({ median, min, max }: Summary): string {
  return `${round(median)} (${round(min)}–${round(max)})`;
}

function renderRatio(ours: readonly number[] = [], theirs: readonly number[] = []): string {
  return `${(summarize(ours).median / summarize(theirs).median).toFixed(2)}×`;
}

/** Three digits that mean something, thousands apart. */
function round(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}
