// Limit: how many lines of one kind a second may have. Never reads the clock.

export class RateLimit {
  readonly #perSecond: number;
  readonly #windows = new Map<string, { second: number; admitted: number }>();

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Whether one more of this kind may pass in the second of `now`, milliseconds since the epoch. */
  admits(kind: string, now: number): boolean {
    const second = Math.floor(now / 1000);
    let window = this.#windows.get(kind);
    if (window?.second !== second) {
      window = { second, admitted: 0 };
      this.#windows.set(kind, window);
    }
    if (window.admitted === this.#perSecond) return false;
    window.admitted += 1;
    return true;
  }
}
