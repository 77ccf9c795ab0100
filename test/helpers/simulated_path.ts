// Simulated path: what a path of a given kind answers, in virtual time. It counts what is open, and what was.
import { setImmediate as turn } from 'node:timers/promises';
import type { Answer } from '../../src/toolkit/probe/measurement.js';
import type { End, Path, Question, Search } from '../../src/toolkit/probe/search.js';
import type { Milliseconds } from '../../src/units.js';
import type { FakeTimers } from './fake_timers.js';

/** What becomes of a connection; what is left out does not happen. */
export interface Nature {
  /** How long the path remembers a silent connection: the same for all, or one for each of them in turn. */
  readonly limit?: Milliseconds | ((connection: number) => Milliseconds);
  readonly onExpiry?: 'drop' | 'reset';
  /** The far end closes what has been silent, or open, for so long. */
  readonly closesAfter?: Milliseconds;
  /** A packet without payload counts as a sign of life for that. */
  readonly heedsProbes?: boolean;
  /** The far end is gone from then on, after so long. */
  readonly goneAfter?: Milliseconds;
  /** By how much a connection's timer is late; 4 ms when left out. */
  readonly late?: (connection: number) => Milliseconds;
}

/** How long a probe without an answer is waited for. */
const patience: Milliseconds = 3000;

export class SimulatedPath implements Path {
  readonly #timers: FakeTimers;
  readonly #nature: Nature;
  readonly #began: Milliseconds;
  opened = 0;
  open = 0;
  mostOpen = 0;

  constructor(timers: FakeTimers, nature: Nature) {
    this.#timers = timers;
    this.#nature = nature;
    this.#began = timers.now();
  }

  async measure(question: Question, enough: AbortSignal): Promise<Answer | undefined> {
    if (this.#isGone()) return { ...unclear, why: 'ECONNREFUSED' };
    this.opened += 1;
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    const { wait, ...answer } = this.#fate(question, this.opened);
    const isWaited = await this.#wait(wait, enough);
    this.open -= 1;
    if (!isWaited) return undefined;
    return this.#isGone() ? { ...answer, verdict: 'dropped', closedBy: null } : answer;
  }

  async obstacle(): Promise<string | null> {
    return this.#isGone() ? 'ECONNREFUSED' : null;
  }

  #fate({ idle, period }: Question, connection: number): Answer & { readonly wait: Milliseconds } {
    const { limit = Infinity, onExpiry = 'drop', closesAfter = Infinity } = this.#nature;
    const late = this.#nature.late?.(connection) ?? 4;
    const remembers = typeof limit === 'number' ? limit : limit(connection);
    const silence = period === null ? idle + late : period * 1000;
    const heeded = this.#nature.heedsProbes ? silence : idle;
    if (heeded >= closesAfter && closesAfter < remembers) {
      const answer = { idle: closesAfter, verdict: 'closed', closedBy: 'fin', why: null } as const;
      return { ...answer, wait: closesAfter };
    }
    const waited = { idle: idle + late, closedBy: null, why: null };
    if (silence < remembers) return { ...waited, verdict: 'alive', wait: idle + late };
    if (onExpiry === 'reset') return { ...waited, verdict: 'reset', wait: idle + late };
    return { ...waited, verdict: 'dropped', wait: idle + late + patience };
  }

  #isGone(): boolean {
    return this.#timers.now() - this.#began >= (this.#nature.goneAfter ?? Infinity);
  }

  #wait(duration: Milliseconds, enough: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const cancel = this.#timers.after(duration, () => resolve(true));
      enough.addEventListener('abort', () => {
        cancel();
        resolve(false);
      });
    });
  }
}

const unclear = { idle: 0, verdict: 'unclear', closedBy: null } as const;

/** Runs a search to its end, letting its time pass whenever it waits. */
export async function runVirtually(search: Search, timers: FakeTimers): Promise<End> {
  let end: End | undefined;
  const running = search.run().then((ended) => {
    end = ended;
  });
  while (end === undefined) {
    await turn();
    if (timers.waiting > 0) timers.passNext();
  }
  await running;
  return end;
}
