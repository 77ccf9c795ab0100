// Warmline: the real program, as a user runs it, for the length of a test. Learns of it from its log only.
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { mainPath } from './cli.js';
import { type CommandLine, type Program, startProgram } from './program.js';
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
  readonly program: Program;

  constructor(program: Program) {
    this.program = program;
  }

  /** Of the process that relays, also when it was started through another. */
  get pid(): number {
    return this.program.pid;
  }

  /** The first such event, past or future. */
  event(name: string, route?: string): Promise<LogLine> {
    return this.program.until(name, (text) => {
      const line = parseLine(text);
      return line?.event === name && (route ?? line['route']) === line['route'] ? line : undefined;
    });
  }

  /** The first `count` such events, past or future. */
  events(name: string, count: number): Promise<LogLine[]> {
    const found: LogLine[] = [];
    return this.program.until(`${count} ${name}`, (text) => {
      const line = parseLine(text);
      if (line?.event === name) found.push(line);
      return found.length === count ? found : undefined;
    });
  }

  /** All such events so far. */
  told(name: string): LogLine[] {
    const lines = this.program.output.split('\n').map(parseLine);
    return lines.filter((line) => line?.event === name) as LogLine[];
  }

  /** Where a listener is, of the named route or the first to be told, as soon as it is there. */
  async listening(route?: string): Promise<{ readonly host: string; readonly port: Port }> {
    const { address } = await this.event('listening', route);
    const { hostname, port } = new URL(`tcp://${address}`);
    return { host: hostname.replace(/[[\]]/g, ''), port: Number(port) };
  }

  /** Asks it to stop; resolves with its exit code. */
  async stop(): Promise<number | null> {
    return (await this.program.stop()).code;
  }
}

function parseLine(text: string): LogLine | undefined {
  return text.startsWith('{') ? JSON.parse(text) : undefined;
}

/** Runs `warmline run` on this YAML. Sessions that a test leaves open do not hold up its end. */
export function runConfig(t: ExecutionContext, yaml: string, wrap?: Wrap): Warmline {
  const file = join(temporaryFolder(t), 'warmline.yaml');
  writeConfig(file, yaml);
  return runArguments(t, [file], wrap);
}

/** Writes or replaces a file as editors do: nobody reads half of it. */
export function writeConfig(file: string, yaml: string): void {
  writeFileSync(`${file}.new`, `log: { format: json }\ndrainTimeout: 0s\n${yaml}`);
  renameSync(`${file}.new`, file);
}

/** Runs `warmline run` with these arguments. */
export function runArguments(t: ExecutionContext, args: readonly string[], wrap?: Wrap): Warmline {
  return new Warmline(startRun(t, args, wrap));
}

/** The program that `warmline run` with these arguments is. */
export function startRun(
  t: ExecutionContext,
  args: readonly string[],
  wrap: Wrap = (...commandLine) => commandLine,
): Program {
  return startProgram(t, wrap(process.execPath, mainPath, 'run', ...args));
}
