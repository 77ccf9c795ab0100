// Lab: runs the laboratory of test/keepalive, prints what it measured beside what was foretold, and writes the table of
// docs/keepalive.md anew.
// usage: npm run lab    as root, for the laboratory makes network namespaces
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Measurement, scenarios } from '../test/helpers/measured.js';
import { markdownTable } from './markdown.js';

const page = 'docs/keepalive.md';

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'warmline-lab-'));
  try {
    const results = join(folder, 'results');
    const { status } = runTests(results);
    if (status !== 0) throw new Error('the laboratory failed: nothing is written');
    const table = tableOf(readMeasurements(results));
    console.log(`\n${table}`);
    writeFileSync(page, fillPage(readFileSync(page, 'utf8'), table));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// CI=true: a scenario that is skipped is no measurement.
function runTests(results: string): { readonly status: number | null } {
  return spawnSync('npx', ['--no-install', 'ava', 'dist/test/keepalive/*.test.js'], {
    stdio: 'inherit',
    env: { ...process.env, CI: 'true', WARMLINE_LAB_RESULTS: results },
  });
}

/** One a scenario, in the order of the table. Throws when one is missing. */
function readMeasurements(results: string): Measurement[] {
  const lines = readFileSync(results, 'utf8').trim().split('\n');
  const measurements = lines.map((line): Measurement => JSON.parse(line));
  return Object.keys(scenarios).map((name) => {
    const measurement = measurements.find(({ scenario }) => scenario === name);
    if (!measurement) throw new Error(`nobody measured "${name}"`);
    return measurement;
  });
}

function tableOf(measurements: readonly Measurement[]): string {
  const header = ['scenario', 'rule', 'theory', 'measured', 'what the two ends saw'];
  const rows = measurements.map(({ scenario, theory, measured, saw }) => [
    scenario,
    scenarios[scenario],
    seconds(theory),
    seconds(measured),
    saw,
  ]);
  const [kernel] = release().match(/^\d+\.\d+/) ?? [];
  const machine = `Linux ${kernel}, ${availableParallelism()} CPUs:`;
  return `${machine}\n\n${markdownTable(header, rows)}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}

function fillPage(text: string, table: string): string {
  return text.replace(
    /(?<=<!-- laboratory -->\n).*?(?=<!-- end of laboratory -->)/s,
    `${table}\n\n`,
  );
}

main();
