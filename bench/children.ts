// Children: the processes that the benchmark starts. Each one is known from its start to its end, so that nothing is
// left running, also when a figure fails.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Milliseconds } from '../src/units.js';
import { childrenOf, isAlive } from './process.js';

/** A process and what it says, line by line. */
export interface Child {
  readonly pid: number;
  /** The next line of standard output. Rejects when the process ends before, or after the limit. */
  line(limit?: Milliseconds): Promise<string>;
  say(line: string): void;
  isRunning(): boolean;
  /** The end of what it said on standard error. */
  errors(): string;
  signal(name: NodeJS.Signals): void;
  /** Asks it to end, kills it after a while, and waits until it and its own children are gone. */
  end(): Promise<void>;
}

/** Where a child's standard output goes: to whoever asks for lines, or to a descriptor. */
export type Output = 'lines' | number;

const patience: Milliseconds = 15_000;
const running = new Set<ChildProcess>();

/** Starts a program, on the given cores when there are any. */
export function startChild(
  command: readonly string[],
  { cores, output = 'lines' }: { cores?: string | undefined; output?: Output } = {},
): Child {
  const [file = '', ...args] = cores ? ['taskset', '-c', cores, ...command] : command;
  const child = spawn(file, args, {
    stdio: ['pipe', output === 'lines' ? 'pipe' : output, 'pipe'],
  });
  running.add(child);
  const said = followOutput(child, command.join(' '));
  return {
    pid: child.pid ?? 0,
    line: (limit = patience) => said.next(limit),
    say: (line) => void child.stdin?.write(`${line}\n`),
    isRunning: () => child.exitCode === null && child.signalCode === null,
    errors: said.errors,
    signal: (name) => void child.kill(name),
    end: () => endChild(child),
  };
}

/** Kills whatever still runs. */
export function killAll(): void {
  for (const { pid } of running) if (pid) killTree(pid);
}

/** Resolves with what `look` finds, as soon as it finds something. Rejects after the limit. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  limit: Milliseconds = patience,
): Promise<T> {
  const end = performance.now() + limit;
  while (performance.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`${what}: not within ${limit / 1000} s`);
}

/** Lines in order, whether they are waited for or not yet. */
function followOutput(child: ChildProcess, name: string) {
  const lines: string[] = [];
  let errors = '';
  let wake = () => {};
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    errors = (errors + text).slice(-2000);
  });
  // A program that has ended takes no commands; that it has ended is told by whoever waits for it.
  child.stdin?.on('error', () => {});
  child.on('error', (error) => {
    errors += error.message;
    wake();
  });
  child.on('close', () => wake());
  if (child.stdout) {
    createInterface(child.stdout).on('line', (line) => {
      lines.push(line);
      wake();
    });
  }
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null || !child.pid;
  return {
    errors: () => errors.trim(),
    async next(limit: Milliseconds): Promise<string> {
      const end = performance.now() + limit;
      while (lines.length === 0) {
        if (hasEnded()) throw new Error(`${name} has ended: ${errors.trim()}`);
        const left = end - performance.now();
        if (left <= 0) throw new Error(`${name}: said nothing for ${limit / 1000} s: ${errors}`);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, left);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return lines.shift() ?? '';
    },
  };
}

async function endChild(child: ChildProcess): Promise<void> {
  const { pid } = child;
  const family = pid ? [pid, ...childrenOf(pid)] : [];
  if (pid && child.exitCode === null && child.signalCode === null) {
    const gone = once(child, 'exit');
    child.stdin?.end();
    child.kill();
    const timer = setTimeout(() => killTree(pid), patience);
    await gone;
    clearTimeout(timer);
  }
  for (const one of family.filter(isAlive)) process.kill(one, 'SIGKILL');
  running.delete(child);
}

function killTree(pid: number): void {
  for (const one of [...childrenOf(pid), pid]) if (isAlive(one)) process.kill(one, 'SIGKILL');
}
