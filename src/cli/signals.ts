// Signals: what asks a running relay for something from outside, and what goes wrong in it that nothing has caught.
import { on } from 'node:events';

/** Resolves at the first SIGTERM or SIGINT and aborts `cut` at the second. */
export function askedToStop(cut: AbortController): Promise<void> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = () => {
      if (asked) cut.abort();
      asked = true;
      resolve();
    };
    process.on('SIGTERM', ask).on('SIGINT', ask);
  });
}

/** Every SIGHUP from now on, one after the other; what comes while nobody waits is kept. */
export function hangups(): AsyncIterable<unknown> {
  return on(process, 'SIGHUP');
}

/** Calls `tell` at every SIGUSR2 from now on. */
export function onStatusAsked(tell: () => void): void {
  process.on('SIGUSR2', tell);
}

/** Rejects with what nothing has caught, and aborts `cut`: what is broken does not drain. */
export function uncaughtException(cut: AbortController): Promise<never> {
  return new Promise((_, reject) => {
    process.once('uncaughtException', (error) => {
      cut.abort();
      reject(error);
    });
  });
}
