// Warmline: the real program, as a user runs it, for the length of a test. Learns of it from its log only.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { type CommandLine, type Program, startProgram } from './program.js';
import { projectRoot } from './repository.js';
import { temporaryFolder } from './temporary.js';

/** How a program is started instead of directly: inside of a namespace, or under strace. */
export type Wrap = (...commandLine: CommandLine) => CommandLine;

/** A line of the log: docs/logs.md names the events and their fields. */
export interface LogLine {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** A running warmline. */
export class Warmline {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  /** Of the process that relays, also when it was started through another. */
  get pid(): number {
    return this.#program.pid;
  }

  /** The first such event, past or future. */
  event(name: string, route?: string): Promise<LogLine> {
    return this.#program.until(name, (text) => {
      const line: LogLine = text.startsWith('{') ? JSON.parse(text) : { event: '' };
      return line.event === name && (route ?? line['route']) === line['route'] ? line : undefined;
    });
  }

  /** All such events so far. */
  told(name: string): LogLine[] {
    const lines = this.#program.output.split('\n').filter((text) => text.startsWith('{'));
    return lines.map((text) => JSON.parse(text)).filter(({ event }) => event === name);
  }

  /** Where a listener is, of the named route or the first to be told, as soon as it is there. */
  async listening(route?: string): Promise<{ readonly host: string; readonly port: Port }> {
    const { address } = await this.event('listening', route);
    const { hostname, port } = new URL(`tcp://${address}`);
    return { host: hostname.replace(/[[\]]/g, ''), port: Number(port) };
  }

  /** Asks it to stop; resolves with its exit code. */
  async stop(): Promise<number | null> {
    return (await this.#program.stop()).code;
  }
}

/** Runs `warmline run` on this YAML. Sessions that a test leaves open do not hold up its end. */
export function runConfig(t: ExecutionContext, yaml: string, wrap?: Wrap): Warmline {
  const file = join(temporaryFolder(t), 'warmline.yaml');
  writeFileSync(file, `log: { format: json }\ndrainTimeout: 0s\n${yaml}`);
  return runArguments(t, [file], wrap);
}

/** Runs `warmline run` with these arguments. */
export function runArguments(
  t: ExecutionContext,
  args: readonly string[],
  wrap: Wrap = (...commandLine) => commandLine,
): Warmline {
  const main = join(projectRoot, 'dist/src/main.js');
  return new Warmline(startProgram(t, wrap(process.execPath, main, 'run', ...args)));
}
