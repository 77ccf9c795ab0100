// Conflict: explicit keys that leave no room for a deadAfter, and what would be the nearest that does. Pure.
import type { Seconds } from '../units.js';
import {
  aimOptions,
  type Bounds,
  fitOptions,
  leastBudget,
  mostTries,
  takesTooLong,
  waitsTooLong,
} from './fit.js';
import type { ExplicitKeepalive } from './policy.js';
import { detection } from './timeline.js';

export type ConflictKey = 'deadAfter' | keyof ExplicitKeepalive;

/** Seconds of deadAfter, idle and interval, milliseconds of userTimeout, or a count. */
export interface Stated {
  readonly key: ConflictKey;
  readonly value: number;
}

export interface Conflict {
  readonly deadAfter: Seconds;
  /** The explicit keys that leave no room for it. */
  readonly explicit: readonly Stated[];
  /** For each of all these keys the value nearest to the one given with which the others can hold, if there is one. */
  readonly nearest: readonly Stated[];
}

/** Says why nothing fits; `fitOptions` has found nothing for the same arguments. `most` is the longest deadAfter. */
export function findConflict(explicit: ExplicitKeepalive, bounds: Bounds, most: Seconds): Conflict {
  const culprits = culpritKeys(explicit, bounds).flatMap((key) => stated(key, explicit[key]));
  const nearest = [
    ...stated('deadAfter', nearestBudget(explicit, bounds, most)),
    ...culprits.flatMap(({ key, value }) =>
      stated(key, nearestValue(key, value, explicit, bounds)),
    ),
  ];
  return { deadAfter: bounds.budget, explicit: culprits, nearest };
}

function culpritKeys(explicit: ExplicitKeepalive, bounds: Bounds): (keyof ExplicitKeepalive)[] {
  const tooLong = takesTooLong(explicit, bounds);
  const waits = waitsTooLong(explicit, bounds);
  // Neither: no probe is due between the end of the user timeout and that of the budget.
  if (!tooLong && !waits) return ['idle', 'interval', 'userTimeout'];
  return [...(tooLong ? summands(explicit) : []), ...(waits ? (['userTimeout'] as const) : [])];
}

/** The keys without which the least budget would be less. */
function summands(explicit: ExplicitKeepalive): (keyof ExplicitKeepalive)[] {
  const least = leastBudget(explicit);
  return (['idle', 'interval', 'count'] as const).filter(
    (key) => leastBudget({ ...explicit, [key]: 1 }) < least,
  );
}

function stated(key: ConflictKey, value: number | 'auto' | undefined): Stated[] {
  return typeof value === 'number' ? [{ key, value }] : [];
}

function nearestBudget(
  explicit: ExplicitKeepalive,
  { period }: Bounds,
  most: Seconds,
): Seconds | undefined {
  const waits = typeof explicit.userTimeout === 'number' ? explicit.userTimeout / 1000 : 0;
  const first = Math.max(leastBudget(explicit), Math.ceil(waits));
  const possible = (budget: Seconds) => isPossible(explicit, { period, budget });
  const budget = search(first, 1, possible) ?? noticedAfter(explicit, { period, budget: most });
  return budget !== undefined && budget <= most && possible(budget) ? budget : undefined;
}

/** The tick after a user timeout that lies between distant probes: where these are explicit, no budget moves it. */
function noticedAfter(explicit: ExplicitKeepalive, bounds: Bounds): Seconds | undefined {
  if (explicit.idle === undefined || explicit.interval === undefined) return undefined;
  const { idle, afterAnsweredProbe } = detection(aimOptions(explicit, bounds));
  return Math.ceil(Math.max(idle, afterAnsweredProbe) / 1000);
}

function nearestValue(
  key: ConflictKey,
  given: number,
  explicit: ExplicitKeepalive,
  bounds: Bounds,
): number | undefined {
  const changed = (value: number) => ({ ...explicit, [key]: value });
  if (key === 'userTimeout') {
    if (takesTooLong(explicit, bounds)) return undefined;
    const first = Math.min(Math.floor(given / 1000), bounds.budget);
    const inSeconds = (value: number) => isPossible(changed(value * 1000), bounds);
    const seconds = search(first, -1, inSeconds);
    return seconds && seconds * 1000;
  }
  if (waitsTooLong(explicit, bounds)) return undefined;
  const first = largest(given, (value) => !takesTooLong(changed(value), bounds));
  return search(first, -1, (value) => isPossible(changed(value), bounds));
}

function isPossible(explicit: ExplicitKeepalive, bounds: Bounds): boolean {
  return fitOptions(explicit, bounds) !== undefined;
}

/** The largest value up to `most` that has room, when all below one that has room have it too; 0 for none. */
function largest(most: number, hasRoom: (value: number) => boolean): number {
  let [low, high] = [0, most + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (hasRoom(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** The first value from `first` on that is possible and not below 1; undefined when it is not near. */
function search(
  first: number,
  step: 1 | -1,
  possible: (value: number) => boolean,
): number | undefined {
  for (let tries = 0, value = first; tries < mostTries && value >= 1; tries++, value += step) {
    if (possible(value)) return value;
  }
  return undefined;
}
