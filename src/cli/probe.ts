// Probe: how long the path to a server remembers an idle connection. Ctrl-C ends it with what is known so far.
import { Command } from 'commander';
import { formatAddress } from '../config/address.js';
import { parseDuration } from '../config/duration.js';
import type { Parsed } from '../config/expected.js';
import { expected } from '../config/expected.js';
import { WarmlineError } from '../errors.js';
import type { Settings } from '../toolkit/probe/plan.js';
import { type Outcome, probePath } from '../toolkit/probe/probe.js';
import { findTarget, type Target } from '../toolkit/probe/target.js';
import type { Milliseconds } from '../units.js';
import { fail } from './failure.js';
import { ProbeProgress } from './probe_progress.js';
import { explainOutcome, explainStart } from './probe_words.js';
import { askedToStop } from './signals.js';

const examples = `
Examples:
  $ warmline probe db.internal:5432
  $ warmline probe db.internal:5432 --max 10m --state db.probe
  $ warmline probe '[2001:db8::5]:22' --connections 6 --json | jq .natTimeout

It opens connections that say nothing, leaves them idle for growing times, and sends each one keepalive probe.
Exit code 1 also tells that it was stopped, or that a whole round told nothing, before the limit was found.`;

interface Options {
  readonly max: string;
  readonly min?: string;
  readonly resolution?: string;
  readonly connections: string;
  readonly state?: string;
  readonly json?: boolean;
}

/** `warmline probe HOST:PORT`. */
export function probeCommand(): Command {
  return new Command('probe')
    .description('find how long the path to a server remembers an idle connection')
    .argument('<address>', 'HOST:PORT of a TCP server that tolerates silence')
    .option('--max <duration>', 'the longest idle time to try, and about how long it takes', '30m')
    .option('--min <duration>', 'the first idle time to try (default: 15s, or an eighth of --max)')
    .option('--resolution <duration>', 'how exact the limit is to be found (default: 5 %, or 1s)')
    .option('--connections <number>', 'how many are open at one time at most, 4 to 256', '16')
    .option('--state <file>', 'keep measurements there, and go on from those that it has')
    .option('--json', 'print one JSON document on standard output')
    .addHelpText('after', examples)
    .action(probe);
}

async function probe(address: string, options: Options): Promise<void> {
  try {
    const settings = parseSettings(options);
    const target = await findTarget(address);
    const outcome = await run(target, settings, options.state ?? null);
    const words = options.json ? [document(target, outcome)] : explainOutcome(target, outcome);
    for (const line of words) process.stdout.write(`${line}\n`);
    if (outcome.end !== 'done') process.exitCode = 1;
  } catch (error) {
    fail(error);
  }
}

async function run(target: Target, settings: Settings, state: string | null): Promise<Outcome> {
  const [stop, cut] = [new AbortController(), new AbortController()];
  cut.signal.addEventListener('abort', () => process.exit(1));
  void askedToStop(cut).then(() => stop.abort());
  process.stderr.write(`${explainStart(target, settings)}\n`);
  const progress = new ProbeProgress(process.stderr);
  try {
    return await probePath({
      target,
      settings,
      state,
      stop: stop.signal,
      tell: (told, search) => progress.tell(told, search),
    });
  } finally {
    progress.end();
  }
}

const hour: Milliseconds = 3_600_000;

/** TCP_KEEPIDLE ends at 32767 s, nine hours. */
const durations = { min: 1000, max: 9 * hour } as const;

function parseSettings(options: Options): Settings {
  const max = parsedOrThrow('--max', parseDuration(options.max, durations));
  const min = options.min ?? `${Math.min(15_000, Math.max(1000, Math.round(max / 8)))}ms`;
  const { resolution } = options;
  return {
    max,
    min: parsedOrThrow('--min', parseDuration(min, { ...durations, max })),
    resolution:
      resolution === undefined
        ? null
        : parsedOrThrow('--resolution', parseDuration(resolution, durations)),
    connections: parseConnections(options.connections),
  };
}

function parsedOrThrow<T>(option: string, parsed: Parsed<T>): T {
  if (parsed.ok) return parsed.value;
  throw new WarmlineError('WL_USAGE', `${option}: ${parsed.message}`);
}

function parseConnections(text: string): number {
  const connections = /^[0-9]+$/.test(text) ? Number(text) : 0;
  if (connections >= 4 && connections <= 256) return connections;
  throw new WarmlineError('WL_USAGE', `--connections: ${expected('a number from 4 to 256', text)}`);
}

/** Always all the keys, as docs/toolkit/probe.md lists them. */
function document(target: Target, { end, finding, measurements, took }: Outcome): string {
  const asked = { target: target.asked, address: formatAddress(target.address) };
  return JSON.stringify({ ...asked, end, ...finding, took, measurements }, null, 2);
}
