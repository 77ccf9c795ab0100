// Relay: the whole relay inside of a program. It has no process-wide state, handles no signal and writes nothing anywhere
// by itself.
import { EventEmitter } from 'node:events';
import type { App, Retuned } from '../app.js';
import { systemClock } from '../clock.js';
import type { Config, LogConfig } from '../config/config.js';
import { expected } from '../config/expected.js';
import { configFromValue, loadConfigFile } from '../config/load.js';
import type { ConfigInput } from '../config/schema.js';
import type { EngineStats, OpenListener } from '../engine/contract.js';
import type { SessionInfo } from '../engine/events.js';
import { WarmlineError } from '../errors.js';
import { thisMachine } from '../machine.js';
import { native } from './native.js';
import { type RelayEvents, translations } from './relay_events.js';

/** A configuration as an object, with the keys and words of the YAML file, or the path of such a file. */
export type RelayConfig = ConfigInput | string;

export interface RelayOptions {
  /** Called with each line of the log, JSON with its newline, of the configuration's `log.level` and above. */
  readonly log?: (line: string) => void;
}

/** What a change of keepalive came to: sessions by route, and what stays as it is until a restart. */
export type RelayRetuned = Pick<Retuned, 'routes' | 'needsRestart'>;

/**
 * Starts a relay; resolves once everything listens. Any number of them live in a process, also in Worker threads, and each
 * keeps its process alive until it is stopped. Rejects with WL_ARGUMENT, WL_CONFIG_READ, WL_CONFIG_INVALID,
 * WL_RESOLVE, WL_KEEPALIVE_REFUSED, WL_LISTEN, WL_IO_URING, WL_NATIVE_MISSING or WL_ENGINE, with nothing left open.
 */
export async function createRelay(
  config: RelayConfig,
  { log: take }: RelayOptions = {},
): Promise<Relay> {
  if (take !== undefined && typeof take !== 'function') {
    throw wrongArgument('createRelay: log', expected('a function', take));
  }
  const parsed = await parse(config);
  const [{ startApp }, { openLog }] = await Promise.all([
    import('../app.js'),
    import('./relay_log.js'),
  ]);
  const parts = {
    addon: native(),
    clock: systemClock,
    machine: thisMachine,
    openLog: (log: LogConfig) => openLog(log, take),
  };
  const file = typeof config === 'string' ? config : null;
  return new Relay(await startApp({ config: parsed, file }, parts));
}

async function parse(config: RelayConfig): Promise<Config> {
  return typeof config === 'string' ? await loadConfigFile(config) : configFromValue(config);
}

/** What fits in the number that the engine takes. */
const mostSessions = 0xffff_ffff;

function wrongArgument(place: string, message: string): WarmlineError {
  return new WarmlineError('WL_ARGUMENT', `${place}: ${message}`);
}

/** A relay that runs. */
export class Relay extends EventEmitter<RelayEvents> implements AsyncDisposable {
  /** Where it listens, with the ports that the kernel gave. */
  readonly listening: readonly OpenListener[];
  readonly #app: App;
  readonly #cut = new AbortController();
  #stopped: Promise<number> | undefined;

  /** Takes ownership of the app. */
  constructor(app: App) {
    super();
    this.#app = app;
    this.listening = app.listeners;
    for (const type of Object.keys(translations) as (keyof RelayEvents)[]) this.#forward(type);
  }

  /** Counters as they stand, or stood in the end. */
  stats(): EngineStats {
    return this.#app.engine.stats();
  }

  /**
   * At most `limit` live sessions, with keepalive and liveness read from their sockets. Rejects with WL_ENGINE once stopped,
   * and with WL_ARGUMENT for a limit that is no whole number.
   */
  async sessions(limit = 1000): Promise<readonly SessionInfo[]> {
    if (!Number.isInteger(limit) || limit < 0 || limit > mostSessions) {
      const what = `a whole number from 0 to ${mostSessions}`;
      throw wrongArgument('sessions: limit', expected(what, limit));
    }
    return await this.#app.engine.inspect(limit);
  }

  /**
   * Gives live and later sessions the keepalives of another configuration, and tells what else in it needs a restart.
   * Rejects as `createRelay` does, with nothing changed. While it stops nothing changes, and the lists are empty.
   */
  async retune(config: RelayConfig): Promise<RelayRetuned> {
    const { routes, needsRestart } = await this.#app.retune(await parse(config));
    return { routes, needsRestart };
  }

  /**
   * Stops accepting, lets sessions end by themselves for at most the configuration's drainTimeout or until `signal` is
   * aborted, and resets the rest; resolves with how many those were. A second call waits for the first.
   */
  stop({ signal }: { readonly signal?: AbortSignal } = {}): Promise<number> {
    const cut = () => this.#cut.abort();
    if (signal?.aborted) cut();
    else signal?.addEventListener('abort', cut);
    this.#stopped ??= this.#app.stop(this.#cut.signal);
    return this.#stopped.finally(() => signal?.removeEventListener('abort', cut));
  }

  /** Stops at once: sessions that live are reset. Also cuts a `stop` short. */
  async close(): Promise<void> {
    this.#cut.abort();
    await this.stop();
  }

  /** The same, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #forward<T extends keyof RelayEvents>(type: T): void {
    this.#app.engine.on(type, (event) => {
      if (this.listenerCount(type) === 0) return;
      // The compiler can't follow that type and event belong together.
      (this as EventEmitter).emit(type, translations[type](event));
    });
  }
}
