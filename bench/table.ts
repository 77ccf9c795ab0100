// Table: rounds to medians, spread and ratios, and those to text. Measures nothing.
import type { Metric } from './figure.js';
import { bestOf, type Goal, type Verdict } from './goals.js';

/** What was measured for one metric: one number a round, for every path that it makes sense for. */
export interface Row {
  readonly figure: string;
  readonly metric: Metric;
  readonly rounds: Readonly<Record<string, readonly number[]>>;
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

/** What a warmline is compared with: the best of these, if any was measured. */
const references: readonly (readonly [string, readonly string[]])[] = [
  ['best peer', ['haproxy', 'haproxy splice', 'nginx']],
  ['haproxy', ['haproxy']],
  ['direct', ['direct']],
];

/** A Markdown table: median and spread of every path, and each warmline's median as a multiple of the others'. */
export function renderTable(rows: readonly Row[], paths: readonly string[]): string {
  const warmlines = paths.filter((path) => path.startsWith('warmline'));
  const ratios = warmlines.flatMap((path) =>
    references.map(([name, others]) => ({ path, others, title: `${path} to ${name}` })),
  );
  const header = ['figure', 'unit', ...paths, ...ratios.map(({ title }) => title)];
  const cells = rows.map((row) => [
    row.metric.label,
    `${row.metric.unit}, ${row.metric.better} is better`,
    ...paths.map((path) => renderSummary(row.rounds[path])),
    ...ratios.map(({ path, others }) => renderRatio(row.rounds[path], bestOf(row, others))),
  ]);
  return renderMarkdown(header, cells);
}

/** A Markdown table: what was wanted, what it is, and whether that is met. */
export function renderVerdicts(verdicts: readonly Verdict[]): string {
  const cells = verdicts.map(({ goal, path, ratio, met }) => [
    `${goal.figure}, ${goal.metric}`,
    path,
    wanted(goal),
    `${ratio.toFixed(2)}×`,
    met ? 'met' : 'missed',
  ]);
  return renderMarkdown(['goal', 'path', 'wanted', 'is', ''], cells);
}

function wanted({ atLeast, atMost, against }: Goal): string {
  const bound = atLeast === undefined ? `≤ ${atMost}×` : `≥ ${atLeast}×`;
  if ('figure' in against) return `${bound} of ${against.figure}`;
  return `${bound} of ${against.paths.length > 1 ? 'the best peer' : against.paths[0]}`;
}

function renderMarkdown(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function renderSummary(values: readonly number[] | undefined): string {
  if (!values) return '–';
  const { median, min, max } = summarize(values);
  return `${round(median)} (${round(min)}–${round(max)})`;
}

/** A dash also where the other one is nothing, of which nothing is a multiple. */
function renderRatio(ours: readonly number[] = [], theirs: number): string {
  const ratio = summarize(ours).median / theirs;
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)}×` : '–';
}

/** Three digits that mean something, thousands apart. */
function round(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString('en');
}
