// Clock: the only place that reads the time or starts a timer in TypeScript; everything else is handed one.
import type { Milliseconds } from './units.js';

/** A source of time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** The same when the program begins; nobody who sets the system's clock moves it. For how long something takes. */
export const steadyClock: Clock = {
  now: () => Math.round(performance.timeOrigin + performance.now()),
};

/** A way to do something later. */
export interface Timers {
  /** Calls `action` once after `delay`, unless the function that it returns is called before. */
  after(delay: Milliseconds, action: () => void): () => void;
}

export const systemTimers: Timers = {
  after(delay, action) {
    const timer = setTimeout(action, delay);
    return () => clearTimeout(timer);
  },
};
