// Launch: puts a program in our place, so that signals, the terminal and whoever waits for us find the program itself.
import { readFileSync } from 'node:fs';
import { loadAddon } from '../../engine/addon.js';
import type { EngineFailure } from '../../engine/contract.js';
import type { KernelCalls } from '../../engine/kernel_calls.js';
import type { Variables } from './variables.js';

/** What is run. */
export interface Launch {
  /** The file. */
  readonly path: string;
  /** The name that it is called by, then its arguments: the last ones of our own command line. */
  readonly words: readonly [string, ...string[]];
  /** Over those that we have. */
  readonly variables: Variables;
}

/** Returns only when it fails. Throws WL_NATIVE_MISSING when it can't be tried. */
export function launch(
  { path, words, variables }: Launch,
  calls: Pick<KernelCalls, 'exec'> = loadAddon(),
): EngineFailure {
  return calls.exec({
    path,
    words: asTyped(words),
    variables: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    keptFds: passedFds(process.env, process.pid),
  });
}

/** The bytes of each word: Node reads words as UTF-8 and puts U+FFFD in the place of what is none. */
function asTyped(words: readonly string[]): Uint8Array[] {
  const typed = typedWords().slice(-words.length);
  return words.map((word, index) => {
    const bytes = typed[index];
    return bytes?.toString() === word ? bytes : Buffer.from(word);
  });
}

/** proc_pid_cmdline(5); empty without /proc. */
function typedWords(): Buffer[] {
  try {
    const line = readFileSync('/proc/self/cmdline', 'latin1');
    return line
      .split('\0')
      .slice(0, -1)
      .map((word) => Buffer.from(word, 'latin1'));
  } catch {
    return [];
  }
}

/** sd_listen_fds(3): how many sockets a service manager has passed to this very process. */
function passedFds(env: NodeJS.ProcessEnv, pid: number): number {
  const count = Number(env['LISTEN_FDS']);
  return Number(env['LISTEN_PID']) === pid && count > 0 && count < 0x1_0000 ? Math.floor(count) : 0;
}
