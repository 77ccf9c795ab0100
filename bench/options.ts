// Options: the command line of the benchmark.
import { parseArgs } from 'node:util';
import type { Extent, Figure } from './figure.js';
import { figures } from './figures/all.js';

export interface Options extends Extent {
  readonly chosen: readonly Figure[];
  readonly rounds: number;
  readonly workers: number;
  readonly pin: boolean;
  /** Names of paths; all unless given. */
  readonly paths: readonly string[] | undefined;
  readonly json: string;
  readonly chart: string;
}

export const usage = `usage: npm run bench -- [options]
  --only NAMES     these figures only, with commas:
                   ${figures.map(({ name }) => name).join(',')}
  --paths NAMES    these paths only, such as "haproxy,nginx,warmline"
  --rounds N       rounds of every figure on every path (5)
  --seconds N      length of one measurement (1.5)
  --sessions N     sessions of idle and reload (9000; by default less when --seconds is)
  --workers N      threads of every relay (1)
  --pin            relay on the first cores, load and upstream on the rest
  --json FILE      where every round goes (variants/bench/results.json)
  --chart FILE     where the chart goes, SVG (variants/bench/results.svg)`;

/** undefined when the arguments make no sense. */
export function readOptions(args: string[]): Options | undefined {
  const values = parse(args);
  if (!values) return undefined;
  const names = values.only?.split(',') ?? figures.map(({ name }) => name);
  const chosen = figures.filter(({ name }) => names.includes(name));
  const seconds = Number(values.seconds ?? 1.5);
  const sessions = Number(values.sessions ?? Math.min(9000, Math.ceil(seconds * 6000)));
  const options = {
    chosen,
    rounds: Number(values.rounds ?? 5),
    seconds,
    warmUp: Math.min(0.4, seconds / 3),
    sessions,
    rest: Math.min(5000, seconds * 3500),
    workers: Number(values.workers ?? 1),
    pin: values.pin === true,
    paths: values.paths?.split(','),
    json: values.json ?? 'variants/bench/results.json',
    chart: values.chart ?? 'variants/bench/results.svg',
  };
  const { rounds, workers } = options;
  const makesSense = chosen.length === names.length && seconds > 0 && sessions >= 1;
  return makesSense && rounds >= 1 && workers >= 1 ? options : undefined;
}

/** What was given; undefined when it is no option of the benchmark. */
function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const options = {
    only: text,
    paths: text,
    rounds: text,
    seconds: text,
    sessions: text,
    workers: text,
    pin: { type: 'boolean' },
    json: text,
    chart: text,
  } as const;
  try {
    return parseArgs({ args, options }).values;
  } catch {
    return undefined;
  }
}
