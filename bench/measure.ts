// Measure: runs figures on every path, round by round and path by path, so that what the machine does meanwhile hits
// all of them alike.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Seconds } from '../src/units.js';
import type { Figure, Metric, Target } from './figure.js';
import { endChild, type PathName, paths, startRole, type Upstream } from './paths.js';
import type { LoadRequest } from './roles/load.js';
import type { Row } from './table.js';

export interface Extent {
  readonly rounds: number;
  readonly seconds: Seconds;
}

/** One row a metric. */
export async function measure(figures: readonly Figure[], extent: Extent): Promise<Row[]> {
  const { child: upstreamProcess, said: upstream } = await startRole<Upstream>('upstream');
  const { child: loadProcess } = await startRole('load');
  const rows: Row[] = [];
  for (const figure of figures) {
    const request = (target: Target) =>
      ask(loadProcess, { figure: figure.name, target, ...extent });
    rows.push(
      ...(await measureFigure(figure, extent.rounds, (path) => onPath(path, upstream, request))),
    );
  }
  await Promise.all([endChild(loadProcess), endChild(upstreamProcess)]);
  return rows;
}

async function measureFigure(
  { metrics }: Figure,
  rounds: number,
  run: (path: PathName) => Promise<readonly number[]>,
): Promise<Row[]> {
  const names = Object.keys(paths) as PathName[];
  const compared = names.filter((name) => metrics.some((metric) => isMeasured(metric, name)));
  const results = new Map<PathName, (readonly number[])[]>(compared.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, values] of results) values.push(await run(name));
  }
  return metrics.map((metric, index) => {
    const measured = [...results].filter(([name]) => isMeasured(metric, name));
    const ofMetric = measured.map(([name, values]) => [name, values.map((value) => value[index])]);
    return { metric, rounds: Object.fromEntries(ofMetric) };
  });
}

function isMeasured({ relayOnly }: Metric, path: PathName): boolean {
  return !(relayOnly && path === 'direct');
}

async function onPath<T>(
  name: PathName,
  upstream: Upstream,
  use: (target: Target) => Promise<T>,
): Promise<T> {
  const path = await paths[name](upstream);
  try {
    return await use(path.target);
  } finally {
    await path.close();
  }
}

async function ask(load: ChildProcess, request: LoadRequest): Promise<readonly number[]> {
  const answered = new AbortController();
  const limit = AbortSignal.timeout((request.seconds + 60) * 1000);
  const signal = AbortSignal.any([limit, answered.signal]);
  const failed = once(load, 'exit', { signal }).then(() => {
    throw new Error(`${request.figure}: the load process failed`);
  });
  load.send(request);
  const [values] = await Promise.race([once(load, 'message', { signal }), failed]);
  answered.abort();
  return values;
}
