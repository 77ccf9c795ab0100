// Bench: compares warmline with a direct connection and with a plain Node pipe in one run, and prints a table.
// Every figure is one file under figures/.
import { cpus, release, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import type { Figure } from './figure.js';
import { figures } from './figures/all.js';
import { type Extent, measure } from './measure.js';
import { renderTable } from './table.js';

const usage = `usage: npm run bench -- [options]
  --only NAMES     these figures only, with commas: ${figures.map(({ name }) => name).join(',')}
  --rounds N       rounds of every figure on every path (5)
  --seconds N      length of one measurement (3)
  --json           the rounds as JSON instead of a table`;

interface Options extends Extent {
  readonly chosen: readonly Figure[];
  readonly json: boolean;
}

async function main(options: Options): Promise<void> {
  const rows = await measure(options.chosen, options);
  const { rounds, seconds, json } = options;
  const machine = describeMachine();
  if (json) {
    console.log(JSON.stringify({ machine, rounds, seconds, rows }, null, 2));
    return;
  }
  console.log(`Machine: ${machine}.`);
  console.log('Load: one Node process sends, one answers, on the same cores as the relay.');
  console.log(`Median (lowest–highest) of ${rounds} rounds of ${seconds} s, taken in turns.\n`);
  console.log(renderTable(rows));
}

/** undefined when the arguments make no sense. */
function readOptions(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    strict: false,
    options: {
      only: { type: 'string', default: figures.map(({ name }) => name).join() },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '3' },
      json: { type: 'boolean', default: false },
    },
  });
  const names = String(values.only).split(',');
  const chosen = figures.filter(({ name }) => names.includes(name));
  const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)];
  const makesSense = chosen.length === names.length && rounds >= 1 && seconds > 0;
  return makesSense ? { chosen, rounds, seconds, json: values.json === true } : undefined;
}

function describeMachine(): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const model = cpus()[0]?.model.trim();
  return `${model}, ${cpus().length} cores, ${memory} GiB, Linux ${release()}, Node ${process.version}`;
}

const options = readOptions(process.argv.slice(2));
if (options) {
  await main(options);
} else {
  console.error(usage);
  process.exitCode = 2;
}
