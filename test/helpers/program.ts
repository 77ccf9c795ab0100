// Program: a child process whose output is waited for line by line, with a limit that fails loudly.
// It is stopped by its pid when the test ends, and killed by the kernel when the test process dies first.
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { createInterface } from 'node:readline';
import type { ExecutionContext } from 'ava';
import type { Milliseconds } from '../../src/units.js';
import { testEnv } from './system.js';

export type CommandLine = readonly [string, ...string[]];

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const limit: Milliseconds = 30_000;

/** Starts a program for the length of a test. */
export function startProgram(
  t: ExecutionContext,
  commandLine: CommandLine,
  options: ProgramOptions = {},
): Program {
  // A test that is killed runs no teardown, hence setpriv(1), which then becomes the program.
  const args = ['--pdeathsig', 'KILL', '--', ...commandLine];
  const program = new Program(commandLine[0], spawn('setpriv', args, { env: testEnv, ...options }));
  t.teardown(() => program.stop());
  return program;
}

/** A running program. Standard output and error are one list of lines, kept while it is referenced. */
export class Program {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #changes = new EventEmitter();
  #exit: Exit | undefined;

  /** Takes ownership of the child. */
  constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface(stream).on('line', (line) => this.#add(line));
    }
    child.on('error', (error) => this.#add(error.message));
    child.on('close', (code, signal) => this.#end({ code, signal }));
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`${this.#name} did not start`);
    return this.#child.pid;
  }

  /** Everything it has printed so far. */
  get output(): string {
    return this.#lines.join('\n');
  }

  /** The first value that `find` makes of a line, past or future. */
  async until<T>(what: string, find: (line: string) => T | undefined): Promise<T> {
    const signal = AbortSignal.timeout(limit);
    for (let seen = 0; ; ) {
      for (; seen < this.#lines.length; seen++) {
        const found = find(this.#lines[seen] ?? '');
        if (found !== undefined) return found;
      }
      if (this.#exit) throw new Error(`${this.#name} ended before ${what}:\n${this.output}`);
      await once(this.#changes, 'change', { signal }).catch(() => {
        throw new Error(`${this.#name} printed no ${what} within ${limit} ms:\n${this.output}`);
      });
    }
  }

  write(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Resolves when it has ended by itself. */
  async ended(): Promise<Exit> {
    const signal = AbortSignal.timeout(limit);
    while (!this.#exit) await once(this.#changes, 'change', { signal });
    return this.#exit;
  }

  /** Asks it to end, insists after a while, and resolves when it is gone. Harmless when it is gone. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    const insist = setTimeout(() => this.#child.kill('SIGKILL'), limit);
    if (!this.#exit) this.#child.kill(signal);
    while (!this.#exit) await once(this.#changes, 'change');
    clearTimeout(insist);
    return this.#exit;
  }

  #add(line: string): void {
    this.#lines.push(line);
    this.#changes.emit('change');
  }

  #end(exit: Exit): void {
    this.#exit = exit;
    this.#changes.emit('change');
  }
}
