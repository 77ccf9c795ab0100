// Waiting: for something to happen, with a limit that fails loudly. Nothing here sleeps for a time that a test guessed.
import { type EventEmitter, once } from 'node:events';
import { setTimeout as after } from 'node:timers/promises';
import type { Milliseconds } from '../../src/units.js';

/** Well below what AVA waits for a file, and far above what a busy machine needs. */
const limit: Milliseconds = 30_000;

/** The arguments of the next such event; an 'error' before it rejects. */
export async function nextEvent(emitter: EventEmitter, name: string): Promise<unknown[]> {
  try {
    return await once(emitter, name, { signal: AbortSignal.timeout(limit) });
  } catch (cause) {
    if ((cause as Error).name !== 'AbortError') throw cause;
    throw new Error(`no '${name}' within ${limit} ms`, { cause });
  }
}

/** The promise's value, or an error that says what did not come. */
export async function within<T>(what: string, promise: Promise<T>, patience = limit): Promise<T> {
  const giveUp = new AbortController();
  const tooLate = after(patience, undefined, { signal: giveUp.signal }).then(() => {
    throw new Error(`no ${what} within ${patience} ms`);
  });
  tooLate.catch(() => {});
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    giveUp.abort();
  }
}

/** Looks every few milliseconds until `look` finds something, and returns it; undefined and false are nothing. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | Promise<T | undefined | false>,
  patience = limit,
): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > deadline) throw new Error(`no ${what} within ${patience} ms`);
    await after(5);
  }
}
