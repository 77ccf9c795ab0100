// Engine: the TypeScript face of the native engine. Failures become errors with a code, events reach the listeners of
// their type, and questions are matched with their answers. Never sees a relayed byte or a file descriptor.
import { EventEmitter } from 'node:events';
import { systemTimers, type Timers } from '../clock.js';
import { WarmlineError } from '../errors.js';
import type { Milliseconds } from '../units.js';
import type {
  Addon,
  BackEnd,
  EnginePlan,
  EngineStats,
  NativeEngine,
  OpenListener,
} from './contract.js';
import { errnoName } from './errno.js';
import type { EngineEvent, RouteRetuning, SessionInfo } from './events.js';
import { listenError } from './listening.js';
import { Questions } from './questions.js';

/** Native threads that one engine may have: EngineOptions in contract.ts. */
export const mostWorkers = 64;

/** Events that may wait for JavaScript before the native side drops and counts further ones. */
const eventCapacity = 16_384;

/**
 * How long events wait for more of their kind, so that a busy relay wakes JavaScript a hundred times a second and not
 * once a session: docs/decisions/0007-events-are-taken-together.md. Answers to questions wait as long.
 */
const gathering: Milliseconds = 10;

/** The event of one type, such as SessionClosedEvent for 'sessionClosed'. */
export type EngineEventOf<T extends EngineEvent['type']> = Extract<EngineEvent, { type: T }>;

/** The native threads of an engine. */
export interface Threads {
  /** 1 to 64. */
  readonly workers: number;
  /** `auto` when left out. */
  readonly backEnd?: BackEnd | 'auto';
}

export class Engine {
  readonly #native: NativeEngine;
  readonly #timers: Timers;
  readonly #listeners = new EventEmitter();
  readonly #inspections = new Questions<readonly SessionInfo[]>();
  readonly #retunings = new Questions<readonly RouteRetuning[]>();
  #settleDrain: (drained: boolean) => void = () => {};
  #cancelTake: () => void = () => {};
  #closed = false;

  /**
   * Starts the native threads; WL_IO_URING when that back end was asked for and is refused, WL_ENGINE when there is no
   * room. Nothing listens before `apply`.
   */
  constructor(addon: Addon, threads: Threads, timers = systemTimers) {
    this.#timers = timers;
    const take = () => this.#dispatch(this.#native.takeEvents());
    const onWake = () => {
      this.#cancelTake = timers.after(gathering, take);
    };
    try {
      this.#native = new addon.Engine({ backEnd: 'auto', ...threads, eventCapacity, onWake });
    } catch (cause) {
      throw startError(cause as NodeJS.ErrnoException);
    }
  }

  /** Calls `listener` with each event of one type, on the JavaScript thread. */
  on<T extends EngineEvent['type']>(type: T, listener: (event: EngineEventOf<T>) => void): void {
    this.#listeners.on(type, listener);
  }

  /** Makes the plan the running one and returns its open listeners; WL_LISTEN leaves the plan before it running. */
  apply(plan: EnginePlan): readonly OpenListener[] {
    this.#assertOpen();
    const result = this.#native.apply(plan);
    if (result.ok) return result.listeners;
    throw listenError(`route ${result.route}`, result.address, result.failure);
  }

  /** Counters as they stand, or stood in the end. */
  stats(): EngineStats {
    return this.#native.stats();
  }

  /** At most `limit` live sessions, with the keepalive read back from their sockets; WL_ENGINE when closed meanwhile. */
  inspect(limit: number): Promise<readonly SessionInfo[]> {
    this.#assertOpen();
    return this.#inspections.ask((request) => this.#native.inspect(request, limit));
  }

  /**
   * Brings the live sessions of the running plan's routes to the plan's keepalive, also those that an earlier plan
   * accepted, and counts them by route; WL_ENGINE when closed meanwhile.
   */
  retune(): Promise<readonly RouteRetuning[]> {
    this.#assertOpen();
    return this.#retunings.ask((request) => this.#native.retune(request));
  }

  /**
   * Stops accepting, and waits for the sessions to end by themselves: true when none is left, false when `limit` has
   * passed, `cut` is aborted or the engine is closed before that. Called once.
   */
  async drain(limit: Milliseconds, cut?: AbortSignal): Promise<boolean> {
    this.#assertOpen();
    const settled = new Promise<boolean>((resolve) => {
      this.#settleDrain = resolve;
    });
    const cancel = this.#timers.after(limit, () => this.#settleDrain(false));
    cut?.addEventListener('abort', () => this.#settleDrain(false));
    if (cut?.aborted) this.#settleDrain(false);
    this.#native.stopAccepting();
    const drained = await settled;
    cancel();
    return drained;
  }

  /** Resets what is left and ends the native threads; the last events are dispatched before it returns. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTake();
    this.#dispatch(this.#native.close());
    this.#settleDrain(false);
    this.#inspections.rejectAll(closedError());
    this.#retunings.rejectAll(closedError());
  }

  #dispatch(events: readonly EngineEvent[]): void {
    for (const event of events) {
      if (event.type === 'drained') this.#settleDrain(true);
      if (event.type === 'inspection') this.#inspections.answer(event.request, event.sessions);
      if (event.type === 'retuning') this.#retunings.answer(event.request, event.routes);
      try {
        this.#listeners.emit(event.type, event);
      } catch (error) {
        // A listener that throws must not unwind into native code: it is an uncaught exception of its own.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #assertOpen(): void {
    if (this.#closed) throw closedError();
  }
}

function startError(cause: NodeJS.ErrnoException): WarmlineError {
  const { message, errno = 0, syscall = '' } = cause;
  if (!syscall.startsWith('io_uring')) {
    return new WarmlineError('WL_ENGINE', `${message} (${errnoName(errno)})`, { cause });
  }
  return new WarmlineError(
    'WL_IO_URING',
    `engine: io_uring: the kernel refuses it: ${syscall} gave ${errnoName(errno)}; use "auto" or "epoll", ` +
      'or see what forbids it: sysctl kernel.io_uring_disabled, or the seccomp profile of the container',
    { cause },
  );
}

function closedError(): WarmlineError {
  return new WarmlineError('WL_ENGINE', 'the engine is closed');
}
