// Launch: runs a program in our place, as far as Node lets us: it has no exec. Signals that we get are the program's, and
// its end is ours.
import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';

/** A signal that the terminal sends reaches its whole foreground group, and so the program, without us. */
const fromTerminal: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT'];

const others: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'];

/** What is run, and where its signals come from. */
export interface Launch {
  readonly words: readonly [string, ...string[]];
  readonly env: NodeJS.ProcessEnv;
  /** Whether it stands in a terminal. */
  readonly isInteractive: boolean;
}

/** Runs a program on our own standard streams and resolves with its exit code, or 128 and the signal that ended it. */
export async function launch({ words, env, isInteractive }: Launch): Promise<number> {
  const [command, ...args] = words;
  const start = () => spawn(command, args, { env, stdio: 'inherit' });
  const { child, stop } = startWithSignals(start, isInteractive);
  try {
    return await endOf(child);
  } finally {
    stop();
  }
}

/** Listens before it starts: a signal in between would end us and leave the program behind. */
function startWithSignals(start: () => ChildProcess, isInteractive: boolean) {
  const pass = (signal: NodeJS.Signals) => void child.kill(signal);
  const hold = () => {};
  const listeners = [
    ...others.map((signal) => [signal, pass] as const),
    ...fromTerminal.map((signal) => [signal, isInteractive ? hold : pass] as const),
  ];
  for (const [signal, listener] of listeners) process.on(signal, listener);
  const stop = () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
  // Handlers run in a later turn, when there is a child.
  const child = start();
  return { child, stop };
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
