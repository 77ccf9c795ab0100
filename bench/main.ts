// Bench: compares warmline with a direct connection, a plain Node pipe, HAProxy and nginx in one run, prints tables and
// writes every round and a chart. Every figure is one file under figures/, every path one under paths/.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { renderChart } from './chart.js';
import { killAll } from './children.js';
import { judge } from './goals.js';
import { buildLoad } from './load.js';
import { measure } from './measure.js';
import { type Options, readOptions, usage } from './options.js';
import { allPaths } from './paths/all.js';
import type { Path } from './paths/path.js';
import { renderTable, renderVerdicts } from './table.js';

async function main(options: Options): Promise<void> {
  buildLoad();
  const paths = installed(allPaths).filter(({ name }) => options.paths?.includes(name) ?? true);
  const { rounds, seconds, workers, sessions, pin } = options;
  console.log(`Machine: ${describeMachine()}.`);
  console.log(`Paths: ${paths.map((path) => `${path.name} (${path.version()})`).join(', ')}.`);
  console.log(`Workers: ${workers}. Idle sessions: ${sessions}.`);
  console.log(`Median (lowest–highest) of ${rounds} rounds of ${seconds} s, taken in turns.\n`);
  const { rows, failure } = await measure(options.chosen, paths, {
    ...options,
    settings: { workers, logged: false, cores: pin ? coresFrom(0, workers) : undefined },
    loadCores: pin ? coresFrom(workers, cpus().length - workers) : undefined,
    onProgress,
  });
  onProgress('');
  const names = paths.map(({ name }) => name);
  const verdicts = judge(rows);
  console.log(`${renderTable(rows, names)}\n\n${renderVerdicts(verdicts)}`);
  const versions = Object.fromEntries(paths.map((path) => [path.name, path.version()]));
  const run = { rounds, seconds, workers, sessions, pin, failure: failure?.message };
  const results = { machine: describeMachine(), versions, run, rows, verdicts };
  write(options.json, `${JSON.stringify(results, null, 2)}\n`);
  write(options.chart, renderChart(rows, names));
  if (failure) throw failure;
}

/** Those that can be measured here; says which can't. */
function installed(paths: readonly Path[]): Path[] {
  return paths.filter((path) => {
    const isInstalled = path.version() !== undefined;
    if (!isInstalled) console.log(`${path.name} is not installed here and is left out.`);
    return isInstalled;
  });
}

/** As taskset(1) takes them. A relay with as many workers as there are cores leaves the last one to the load all the same. */
function coresFrom(first: number, count: number): string {
  const last = cpus().length - 1;
  const start = Math.min(first, last);
  return `${start}-${Math.min(start + Math.max(count, 1) - 1, last)}`;
}

function describeMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim();
  return `${model}, ${cpus().length} cores, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}

/** One line that changes, where somebody looks. */
function onProgress(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what}`);
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(1));
}

const options = readOptions(process.argv.slice(2));
if (options) {
  await main(options).catch((error) => {
    console.error(`bench: ${error.message}`);
    process.exit(1);
  });
} else {
  console.error(usage);
  process.exitCode = 2;
}
