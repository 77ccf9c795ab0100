// Search: measures a path in rounds until its limit is found. The path, the time and what was known before are handed in.
import { setMaxListeners } from 'node:events';
import type { Clock } from '../../clock.js';
import type { Milliseconds, Seconds } from '../../units.js';
import { lengthOf, roundsAfter } from './estimate.js';
import { type Answer, isForgotten, type Measurement } from './measurement.js';
import { nextRound, type Round, type Settings } from './plan.js';

/** What is asked of a connection of its own. */
export interface Question {
  readonly idle: Milliseconds;
  /** The keepalive that it has all the while; null leaves it silent. */
  readonly period: Seconds | null;
}

/** A path under test. */
export interface Path {
  /** Opens a connection, leaves it alone and probes it; undefined when `enough` was aborted first. Never rejects. */
  measure(question: Question, enough: AbortSignal): Promise<Answer | undefined>;
  /** Why a new connection does not get through now; null when it does, undefined when `stop` was aborted first. Never rejects. */
  obstacle(stop: AbortSignal): Promise<string | null | undefined>;
}

/** What a search tells while it runs. */
export type Progress =
  | { readonly event: 'round'; readonly round: Round; readonly number: number }
  | { readonly event: 'measured'; readonly measurement: Measurement };

export interface SearchParts {
  readonly path: Path;
  readonly settings: Settings;
  readonly clock: Clock;
  /** From a search before this one. */
  readonly known: readonly Measurement[];
  /** Ends the search with what is known. */
  readonly stop: AbortSignal;
  readonly tell: (progress: Progress) => void;
}

/** Why a search ended: nothing is left to learn, it was stopped, or a whole round told nothing. */
export type End = 'done' | 'stopped' | 'stuck';

/** A path that answers at random would be asked for ever. */
const mostRounds = 12;

export class Search {
  readonly #parts: SearchParts;
  readonly #measurements: Measurement[];
  #number: number;
  #round: { readonly plan: Round; readonly since: Milliseconds } | undefined;

  constructor(parts: SearchParts) {
    this.#parts = parts;
    this.#measurements = [...parts.known];
    this.#number = Math.max(0, ...parts.known.map(({ round }) => round));
  }

  /** In the order in which they were made. */
  get measurements(): readonly Measurement[] {
    return this.#measurements;
  }

  /** How long the current round, and the whole search, may still take. */
  timeLeft(): { readonly round: Milliseconds; readonly all: Milliseconds } {
    if (!this.#round) return { round: 0, all: 0 };
    const { plan, since } = this.#round;
    const { clock, settings } = this.#parts;
    const round = Math.max(0, since + lengthOf(plan) - clock.now());
    return { round, all: round + roundsAfter(plan, this.#measurements, settings) };
  }

  /** Rounds, until the plan has no more. */
  async run(): Promise<End> {
    for (let left = mostRounds; left > 0; left--) {
      if (this.#parts.stop.aborted) return 'stopped';
      const plan = nextRound(this.#measurements, this.#parts.settings);
      if (plan === undefined) return 'done';
      const before = this.#measurements.length;
      await this.#measureAll(plan);
      const learnt = this.#measurements.slice(before);
      if (!this.#parts.stop.aborted && learnt.every(({ verdict }) => verdict === 'unclear')) {
        return 'stuck';
      }
    }
    return 'done';
  }

  /** All connections of a round at once; a stop and enough forgotten ones end those that still wait. */
  async #measureAll(plan: Round): Promise<void> {
    const { stop, clock, tell } = this.#parts;
    const cut = new AbortController();
    const enough = AbortSignal.any([stop, cut.signal]);
    setMaxListeners(0, stop, enough);
    this.#number += 1;
    this.#round = { plan, since: clock.now() };
    tell({ event: 'round', round: plan, number: this.#number });
    let forgotten = 0;
    const measure = async (question: Question) => {
      const measurement = await this.#measure(question, enough);
      if (measurement && isForgotten(measurement)) forgotten += 1;
      if (forgotten >= plan.enough) cut.abort();
    };
    await Promise.all(questionsOf(plan).map(measure));
  }

  async #measure(question: Question, enough: AbortSignal): Promise<Measurement | undefined> {
    const { path, tell } = this.#parts;
    const round = this.#number;
    const answer = await path.measure(question, enough);
    if (answer === undefined) return undefined;
    const checked = isForgotten(answer) ? await this.#unlessGone(answer) : answer;
    if (checked === undefined) return undefined;
    const measurement = { ...checked, round, warm: question.period !== null };
    this.#measurements.push(measurement);
    tell({ event: 'measured', measurement });
    return measurement;
  }

  /** A far end that has gone looks like a path that forgets; only a new connection tells them apart, if there is time. */
  async #unlessGone(answer: Answer): Promise<Answer | undefined> {
    const { path, stop } = this.#parts;
    const obstacle = await path.obstacle(stop);
    if (obstacle === undefined) return undefined;
    return obstacle === null ? answer : { ...answer, verdict: 'unclear', why: obstacle };
  }
}

function questionsOf({ silent, warm }: Round): Question[] {
  return [...silent.map((idle) => ({ idle, period: null })), ...warm];
}
