// Fake timers: time passes when the test says so.
import type { Clock, Timers } from '../../src/clock.js';
import type { Milliseconds } from '../../src/units.js';

export class FakeTimers implements Clock, Timers {
  readonly #waiting = new Set<{ at: Milliseconds; action: () => void }>();
  #now: Milliseconds = Date.UTC(2024, 0, 1);

  now(): Milliseconds {
    return this.#now;
  }

  after(delay: Milliseconds, action: () => void): () => void {
    const timer = { at: this.#now + delay, action };
    this.#waiting.add(timer);
    return () => this.#waiting.delete(timer);
  }

  /** Timers that have neither fired nor been cancelled. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Lets `duration` pass and calls what is due. */
  pass(duration: Milliseconds): void {
    this.#now += duration;
    for (const timer of [...this.#waiting].filter(({ at }) => at <= this.#now)) {
      this.#waiting.delete(timer);
      timer.action();
    }
  }

  /** Lets the time pass until the next timer is due, and calls it. */
  passNext(): void {
    this.pass(Math.max(0, Math.min(...[...this.#waiting].map(({ at }) => at)) - this.#now));
  }
}
