// Chart: the ratios of a run as an SVG, each path's median as a multiple of HAProxy's. Measures nothing.
import { type Row, summarize } from './table.js';

const base = 'haproxy';
/** Readable on white and on near-black alike. */
const colours = ['#7f8c9b', '#b07aa1', '#4e94d8', '#59a89c', '#d98a2b', '#e0564a', '#b8a03a'];
const width = 900;
const labelWidth = 330;
const barHeight = 9;
/** Where the scale ends; a longer bar is cut and its number says how long it is. */
const mostShown = 3;

/** Bars that are longer than 1 mean more, which is better or worse as the label says. */
export function renderChart(rows: readonly Row[], paths: readonly string[]): string {
  const compared = rows.filter(({ rounds }) => Number.isFinite(1 / medianOf(rounds[base])));
  const shown = paths.filter((path) => path !== base);
  const groupHeight = shown.length * barHeight + 12;
  const top = 60;
  const height = top + compared.length * groupHeight + 10;
  const groups = compared.map((row, index) => renderGroup(row, shown, top + index * groupHeight));
  const one = xOf(1);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    '<title>Medians as a multiple of HAProxy</title>',
    '<style>text { font: 11px sans-serif; fill: #1f2328 } line { stroke: #59636e }',
    '@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } line { stroke: #9198a1 } }</style>',
    `<text x="10" y="18">Medians as a multiple of HAProxy = 1 (the line)</text>`,
    ...shown.map((path, index) => renderKey(path, index)),
    ...groups,
    `<line x1="${one}" x2="${one}" y1="${top - 8}" y2="${height - 8}" stroke-dasharray="3 3"/>`,
    '</svg>',
    '',
  ].join('\n');
}

function renderKey(path: string, index: number): string {
  const x = 10 + index * 125;
  return `<rect x="${x}" y="28" width="10" height="10" fill="${colourOf(index)}"/><text x="${x + 14}" y="37">${escapeText(path)}</text>`;
}

function renderGroup({ metric, rounds }: Row, paths: readonly string[], y: number): string {
  const label = `${metric.label} (${metric.better} is better)`;
  const bars = paths.map((path, index) => {
    const ratio = medianOf(rounds[path]) / medianOf(rounds[base]);
    return Number.isFinite(ratio) ? renderBar(ratio, colourOf(index), y + index * barHeight) : '';
  });
  const middle = y + (paths.length * barHeight) / 2 + 4;
  return `<text x="${labelWidth - 8}" y="${middle}" text-anchor="end">${escapeText(label)}</text>${bars.join('')}`;
}

function renderBar(ratio: number, colour: string, y: number): string {
  const end = xOf(Math.min(ratio, mostShown));
  const bar = `<rect x="${labelWidth}" y="${y}" width="${(end - labelWidth).toFixed(1)}" height="${barHeight - 1}" fill="${colour}"/>`;
  return `${bar}<text x="${(end + 4).toFixed(1)}" y="${y + barHeight - 1}" style="font-size:9px">${ratio.toFixed(2)}</text>`;
}

function xOf(ratio: number): number {
  return labelWidth + (ratio / mostShown) * (width - labelWidth - 50);
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? '#888888';
}

function medianOf(values: readonly number[] = []): number {
  return summarize(values).median;
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
