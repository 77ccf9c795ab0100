// Clock: the only place that reads the time in TypeScript; everything else is handed one.

/** A source of time. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
