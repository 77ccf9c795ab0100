// Config: what the user wrote, as the values that the program works with.
// Every default is filled in and every policy merged.
import type { Intent, Keepalive } from '../keepalive/policy.js';
import type { Milliseconds } from '../units.js';
import type { EndpointAddress, ListenAddress } from './address.js';

export interface Config {
  readonly log: LogConfig;
  /** Native threads, 1 to 64; `auto` is one for each CPU that the process may use. */
  readonly workers: number | 'auto';
  /** How small messages reach the kernel; `auto` is io_uring where it can be had. */
  readonly engine: 'auto' | 'epoll' | 'io_uring';
  /** How long open sessions may go on after a stop was asked for; 0 resets them at once. */
  readonly drainTimeout: Milliseconds;
  /** At least one; names are unique. */
  readonly routes: readonly RouteConfig[];
}

export interface LogConfig {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  /** Left out: pretty on a terminal, json elsewhere. */
  readonly format?: 'json' | 'pretty';
  /** Which ends of sessions are logged. */
  readonly sessions: 'all' | 'failures' | 'none';
}

export interface RouteConfig {
  readonly name: string;
  /** At least one. */
  readonly listen: readonly ListenAddress[];
  /** What is dialled, in order; at least one, as written: names are not resolved. */
  readonly endpoints: readonly EndpointAddress[];
  /** null: keepalive is off. */
  readonly client: Keepalive | null;
  readonly upstream: Keepalive | null;
  /** What the keepalives were derived from, and what a check judges them by; a leg without keepalive has none. */
  readonly intents: { readonly client: Intent; readonly upstream: Intent };
  /** Of one attempt on one address. */
  readonly connectTimeout: Milliseconds;
  /** How long a session may go without payload after one side has finished sending. */
  readonly halfCloseTimeout: Milliseconds;
  readonly noDelay: boolean;
  /** What the other leg gets when one leg dies: an RST or a FIN. */
  readonly onDeath: 'reset' | 'close';
  /** listen(2) backlog, 1 to 65535. */
  readonly backlog: number;
}
