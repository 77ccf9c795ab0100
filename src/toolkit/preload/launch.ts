// Launch: runs a program in our place, as far as Node lets us: it has no exec. Signals that we get are the program's, and
// its end is ours.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';

/** Those that a terminal sends to its whole foreground group: then the program has them without us. */
const fromTerminal: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

const others: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/** What is run. */
export interface Launch {
  readonly words: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Runs a program on our own standard streams and resolves with its exit code, or 128 and the signal that ended it. Rejects
 * with the error of spawn when it can't be started.
 */
export async function launch({ words, env }: Launch): Promise<number> {
  const [command, ...args] = words;
  const start = () => spawn(command, args, { env, stdio: 'inherit' });
  const { child, stop } = startWithSignals(start);
  try {
    return await endOf(child);
  } finally {
    stop();
  }
}

/** Listens before it starts: a signal in between would end us and leave the program behind. */
function startWithSignals(start: () => ChildProcess) {
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  const passUnlessTyped = (signal: NodeJS.Signals) => {
    if (!isInForeground()) pass(signal);
  };
  const listeners = [
    ...others.map((signal) => [signal, pass] as const),
    ...fromTerminal.map((signal) => [signal, passUnlessTyped] as const),
  ];
  for (const [signal, listener] of listeners) process.on(signal, listener);
  const stop = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  // Handlers run in a later turn, when there is a child.
  const child = start();
  return { child, stop };
}

/**
 * Whether our group is the foreground one of a terminal: pgrp is tpgid in proc_pid_stat(5). Where our streams lead says
 * nothing of that: a job in the background may have a terminal, and one in front may have none.
 */
function isInForeground(): boolean {
  try {
    const [, , group, , , foreground] = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return group === foreground;
  } catch {
    return false;
  }
}

/** Rejects when it could not be started. */
function endOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}
