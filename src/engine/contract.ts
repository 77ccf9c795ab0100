// Contract: what TypeScript asks of the native engine, and nothing else; what the engine tells by itself is in events.ts.
// Its other half is native/addon/from_js.cc and to_js.cc; a change here is a change there.
import type { Bytes, Milliseconds, Port, Seconds } from '../units.js';
import type { EngineEvent } from './events.js';

/** One of the two connections of a session. */
export type LegName = 'client' | 'upstream';

/**
 * How small messages reach the kernel: a system call each, or many with one through a ring. Readiness is epoll's with
 * both.
 */
export type BackEnd = 'epoll' | 'io_uring';

/** A numeric address: names are resolved before they get here. */
export type EngineAddress =
  | { readonly host: string; readonly port: Port } // host: '127.0.0.1' or '::1', never a name
  | { readonly path: string }; // a unix socket

/** Socket options of one leg; `null` in a plan is SO_KEEPALIVE and the user timeout off. */
export interface EngineKeepalive {
  readonly idle: Seconds;
  readonly interval: Seconds;
  readonly count: number;
  /** 0 leaves TCP_USER_TIMEOUT off. */
  readonly userTimeout: Milliseconds;
}

/** One route, fully decided: what the engine runs. */
export interface EngineRoute {
  readonly name: string;
  readonly listeners: readonly EngineAddress[];
  /** Every address to try, in order: names are already flattened into their addresses. */
  readonly endpoints: readonly EngineAddress[];
  readonly client: EngineKeepalive | null;
  readonly upstream: EngineKeepalive | null;
  /** Per attempt. */
  readonly connectTimeout: Milliseconds;
  /** Without payload, after one FIN. */
  readonly halfCloseTimeout: Milliseconds;
  readonly noDelay: boolean;
  /** What the other leg gets when one leg dies, after what the dead one had sent: an RST, or a FIN. */
  readonly onDeath: 'reset' | 'close';
  /** listen(2) backlog. */
  readonly backlog: number;
}

/** Which closed sessions are reported; `failures` leaves out clientFin and upstreamFin. */
export type SessionEvents = 'all' | 'failures' | 'none';

/** The immutable value that the engine runs. Goes down whole; is taken whole or not at all. */
export interface EnginePlan {
  readonly routes: readonly EngineRoute[];
  readonly sessionEvents: SessionEvents;
}

/** A system call that failed, as data. */
export interface EngineFailure {
  /** A positive errno, such as 98 for EADDRINUSE. */
  readonly errno: number;
  readonly syscall: string;
}

/** A listener that is open, with the port that the kernel gave it. */
export interface OpenListener {
  readonly route: string;
  /** '127.0.0.1:7070', '[::1]:7070' or 'unix:/path'. */
  readonly address: string;
}

export type ApplyResult =
  | { readonly ok: true; readonly listeners: readonly OpenListener[] }
  | {
      readonly ok: false;
      readonly failure: EngineFailure;
      readonly route: string;
      readonly address: string;
    };

/** Keepalive as the kernel holds it, read back from a socket. */
export interface EffectiveKeepalive {
  /** SO_KEEPALIVE. */
  readonly enabled: boolean;
  readonly idle: Seconds;
  readonly interval: Seconds;
  readonly count: number;
  readonly userTimeout: Milliseconds;
}

export type ProbeResult =
  | { readonly ok: true; readonly effective: EffectiveKeepalive }
  | { readonly ok: false; readonly failure: EngineFailure };

/** Of the client legs, or the upstream legs, of a route. */
export interface LegStats {
  /** Legs that are suspect now. */
  readonly suspect: number;
  /** Times that a leg became suspect. */
  readonly suspected: number;
  /** Times that a suspect leg was proven again. */
  readonly proven: number;
  /** As in LegLiveness, of live and closed sessions; up to 70 s old. */
  readonly emptySegments: number;
}

export interface RouteStats {
  readonly route: string;
  readonly accepted: number;
  readonly active: number;
  readonly bytesToUpstream: Bytes;
  readonly bytesToClient: Bytes;
  readonly dialFailures: number;
  readonly acceptPauses: number;
  /** Closed sessions by close reason; reasons that did not occur are left out. */
  readonly closed: Readonly<Record<string, number>>;
  readonly client: LegStats;
  readonly upstream: LegStats;
}

export interface EngineStats {
  readonly workers: number;
  readonly backEnd: BackEnd;
  /** Why it is not io_uring, where `auto` tried that. */
  readonly ringRefused: EngineFailure | null;
  readonly active: number;
  readonly eventsDropped: number;
  readonly routes: readonly RouteStats[];
}

export interface FdLimit {
  readonly soft: number;
  readonly hard: number;
}

export interface EngineOptions {
  /** Native threads, 1 to 64. */
  readonly workers: number;
  /** `auto` is io_uring where the kernel has it and lets us, else epoll. */
  readonly backEnd: BackEnd | 'auto';
  /** Events that may wait for JavaScript before further ones are dropped. */
  readonly eventCapacity: number;
  /**
   * Called on the JavaScript thread when events have begun to wait; not again before `takeEvents` has taken them. Must
   * not throw.
   */
  readonly onWake: () => void;
}

/** The one native object that TypeScript sees. Arguments are validated before they get here. */
export interface NativeEngine {
  /** Opens what is new, keeps what stays, closes what is gone; on failure nothing has changed. */
  apply(plan: EnginePlan): ApplyResult;
  /** Asks the workers for live sessions; an `inspection` event with the same number answers. */
  inspect(request: number, limit: number): void;
  /** Brings live sessions to the plan's keepalive; a `retuning` event with the same number answers. */
  retune(request: number): void;
  /** Counters as they stand, or stood when the engine was closed. */
  stats(): EngineStats;
  /** Everything that waits, oldest first. */
  takeEvents(): readonly EngineEvent[];
  /** Closes the listeners; a `drained` event follows when no session is left. */
  stopAccepting(): void;
  /** Resets what is left, joins the workers and returns the events that were not taken. Later calls return []. */
  close(): readonly EngineEvent[];
}

/** What the relay asks of the addon. */
export interface Addon {
  Engine: new (options: EngineOptions) => NativeEngine;
  /** Applies the options to a scratch TCP socket and reads them back. */
  probeKeepalive(keepalive: EngineKeepalive): ProbeResult;
  /** Raises the soft limit on file descriptors to the hard one. */
  raiseFdLimit():
    | { readonly ok: true; readonly limit: FdLimit }
    | { readonly ok: false; readonly failure: EngineFailure };
  /** Every close reason, in the engine's order. */
  readonly closeReasons: readonly string[];
}
