// Retune: what SIGHUP does: the file is read again, and sessions that live take over its keepalives. Whatever is wrong
// with the file is told, and the relay runs on.
import type { App } from '../app.js';
import type { Config } from '../config/config.js';
import { say, tell } from './failure.js';

/** Where the running config came from. */
export interface Source {
  /** null: there is none, the route is from the command line. */
  readonly file: string | null;
  /** Reads it as it is now; throws WL_CONFIG_READ or WL_CONFIG_INVALID. */
  read(): Promise<Config>;
  /** Adds to an error where it arose. */
  readonly stack: boolean;
}

/** Retunes the app at each hangup, one after the other, and says what came of it. Never throws. */
export async function retuneAtEach(
  hangups: AsyncIterable<unknown>,
  app: App,
  source: Source,
): Promise<void> {
  for await (const _ of hangups) {
    if (source.file === null)
      say('SIGHUP: there is no file to reread: the command line has it all');
    else await retune(app, source);
  }
}

async function retune(app: App, { file, read, stack }: Source): Promise<void> {
  try {
    const { words } = await app.retune(await read());
    say(`SIGHUP: ${file}: ${words}`);
  } catch (error) {
    tell(error, stack);
    say('SIGHUP: nothing was changed, the relay runs on as before');
  }
}
