// CLI: the built program, run to its end, as a user runs it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Milliseconds } from '../../src/units.js';
import { projectRoot } from './repository.js';
import { nextEvent } from './waiting.js';

export const mainPath = join(projectRoot, 'dist/src/main.js');

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  /** Another copy of the program. */
  readonly main?: string;
  /** What it is started through, such as setpriv(1). */
  readonly through?: readonly string[];
}

/** Kills what does not end by itself, which shows as code null. */
const limit: Milliseconds = 30_000;

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs `warmline` with these arguments and waits for its end. Those of one test file take turns: a dozen at once, under
 * AddressSanitizer on two cores, took longer than each of them may.
 */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<Outcome> {
  const outcome = last.then(() => run(args, options));
  last = outcome.catch(() => {});
  return outcome;
}

async function run(
  args: readonly string[],
  { main = mainPath, through = [] }: CliOptions,
): Promise<Outcome> {
  const [command = '', ...rest] = [...through, process.execPath, main, ...args];
  const child = spawn(command, rest, { timeout: limit });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    nextEvent(child, 'exit'),
  ]);
  return { code: code as number | null, stdout, stderr };
}
