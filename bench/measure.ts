// Measure: runs figures on every path, round by round and path by path, so that what the machine does meanwhile hits
// all of them alike.
import type { Extent, Figure, Metric } from './figure.js';
import { startLoad } from './load.js';
import type { Path, RelaySettings } from './paths/path.js';
import type { Row } from './table.js';

export interface Run extends Extent {
  readonly rounds: number;
  readonly settings: RelaySettings;
  /** The cores of load and upstream; all unless given. */
  readonly loadCores?: string | undefined;
  /** Is told what is measured now. */
  readonly onProgress: (what: string) => void;
}

/** One row a metric, with what was measured until something failed, if anything did. */
export async function measure(
  figures: readonly Figure[],
  paths: readonly Path[],
  run: Run,
): Promise<{ readonly rows: readonly Row[]; readonly failure?: Error }> {
  const rows = figures.flatMap(({ name, metrics }) =>
    metrics.map((metric) => ({ figure: name, metric, rounds: {} as Record<string, number[]> })),
  );
  try {
    await fill(rows, figures, paths, run);
    return { rows };
  } catch (failure) {
    return { rows, failure: failure as Error };
  }
}

type Rows = readonly (Row & { readonly rounds: Record<string, number[]> })[];

async function fill(
  rows: Rows,
  figures: readonly Figure[],
  paths: readonly Path[],
  run: Run,
): Promise<void> {
  for (let round = 1; round <= run.rounds; round++) {
    for (const figure of figures) {
      for (const path of paths.filter((path) => isMeasured(figure, path))) {
        run.onProgress(`round ${round} of ${run.rounds}: ${figure.name}, ${path.name}`);
        const numbers = await measureOnce(figure, path, run);
        for (const { metric, rounds } of rows.filter((row) => row.figure === figure.name)) {
          if (!hasMetric(path, metric)) continue;
          rounds[path.name] = [...(rounds[path.name] ?? []), numbers[metric.key] ?? Number.NaN];
        }
      }
    }
  }
}

function isMeasured({ paths, metrics }: Figure, path: Path): boolean {
  const isChosen = paths === undefined || paths.includes(path.name);
  return isChosen && metrics.some((metric) => hasMetric(path, metric));
}

function hasMetric({ name }: Path, { relayOnly }: Metric): boolean {
  return !(relayOnly && name === 'direct');
}

async function measureOnce(figure: Figure, path: Path, run: Run) {
  const { load, ports } = await startLoad(run.loadCores);
  try {
    const open = await path.open(ports, { ...run.settings, ...figure.settings });
    try {
      return await figure.measure({ path: open, load }, run);
    } finally {
      await open.close();
    }
  } catch (cause) {
    throw new Error(`${figure.name}, ${path.name}: ${(cause as Error).message}`, { cause });
  } finally {
    await load.upstream.end();
  }
}
