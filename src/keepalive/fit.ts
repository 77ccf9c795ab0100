// Fit: the socket options that stay within bounds, around those that are given. Pure arithmetic in whole seconds.
// While idle a dead peer is noticed at the latest after max(idle, interval) + interval × count: the probe before was
// answered. Aimed at are the proportions of the built-in values: idle is two thirds of the budget, three probes the rest.
import type { Milliseconds, Seconds } from '../units.js';
import {
  builtInKeepalive,
  type ExplicitKeepalive,
  type Keepalive,
  keepaliveRanges,
  patience,
} from './policy.js';
import { detection } from './timeline.js';

export interface Bounds {
  /** The longest that derived values let pass between two probes, 1 to what the kernel takes. */
  readonly period: Seconds;
  /** When a dead peer is noticed at the latest, idle or busy; at least 2. */
  readonly budget: Seconds;
}

/** Finds options that notice a dead peer within the budget; undefined when explicit ones leave no room. */
export function fitOptions(explicit: ExplicitKeepalive, bounds: Bounds): Keepalive | undefined {
  if (takesTooLong(explicit, bounds) || waitsTooLong(explicit, bounds)) return undefined;
  for (const interval of intervals(explicit, aimedInterval(explicit, bounds))) {
    const keepalive = complete(explicit, bounds, interval);
    if (noticedWithin(keepalive, bounds.budget)) return keepalive;
  }
  return undefined;
}

/** How many values of a key are tried at most, so that a file of thousands of routes is judged soon. */
export const mostTries = 128;

/** A user timeout is looked at when a probe is due: shorter intervals come nearer to it, and 1 s always fits. */
function* intervals(explicit: ExplicitKeepalive, aim: Seconds): Generator<Seconds> {
  if (explicit.interval !== undefined) return yield aim;
  for (let interval = aim; interval > Math.max(1, aim - mostTries); interval--) yield interval;
  yield 1;
}

/** Finds options that aim at the bounds without a promise: explicit ones may take more than the budget. */
export function aimOptions(explicit: ExplicitKeepalive, bounds: Bounds): Keepalive {
  return complete(explicit, bounds, aimedInterval(explicit, bounds));
}

/** Whether the explicit keys alone take more than the budget. */
export function takesTooLong(explicit: ExplicitKeepalive, { budget }: Bounds): boolean {
  return leastBudget(explicit) > budget;
}

/** Whether an explicit user timeout is more than the budget. */
export function waitsTooLong({ userTimeout }: ExplicitKeepalive, { budget }: Bounds): boolean {
  return typeof userTimeout === 'number' && userTimeout > budget * 1000;
}

/** The least that explicit keys take until a dead peer is noticed; what is left out may be 1. */
export function leastBudget({ idle = 1, interval = 1, count = 1 }: ExplicitKeepalive): Seconds {
  return Math.max(idle, interval) + interval * count;
}

/** Fewer than this are derived only where no more fit. */
const fewProbes = builtInKeepalive.count;

/** How many intervals idle may be: its timer is up to an eighth late, and may then eat one probe but not two. */
const longestIdle = 8;

/** An explicit interval, or one in proportion to the budget as far as the period and the other keys leave it; at least 1. */
function aimedInterval({ idle, interval, count }: ExplicitKeepalive, bounds: Bounds): Seconds {
  if (interval !== undefined) return interval;
  const aim =
    idle === undefined
      ? intervalBesideFreeIdle(count, bounds)
      : intervalAfterIdle(idle, count, bounds);
  return Math.max(1, Math.min(aim, bounds.period));
}

/** Idle takes what the probes leave, up to limits of its own: then a longer interval takes the rest. */
function intervalBesideFreeIdle(count: number | undefined, { period, budget }: Bounds): Seconds {
  const probes = count ?? fewProbes;
  const enoughForLongestIdle = Math.ceil(budget / (longestIdle + probes));
  // Where the count is free, more probes fill what a short period leaves.
  const enoughForPeriod = count === undefined ? 1 : Math.ceil((budget - period) / count);
  const aim = Math.max(share(budget, probes), enoughForLongestIdle, enoughForPeriod);
  return Math.min(aim, Math.floor(budget / (probes + 1)));
}

/** A count that is given fills what idle leaves; a free one does it with as many probes as the proportions make of it. */
function intervalAfterIdle(idle: Seconds, count: number | undefined, { budget }: Bounds): Seconds {
  const probes = count ?? fewProbes;
  const aim = count === undefined ? share(budget, probes) : idle;
  return Math.min(aim, idle, Math.floor((budget - idle) / probes));
}

/** The probes have a third of the budget among them. */
function share(budget: Seconds, probes: number): Seconds {
  return Math.round(budget / (3 * probes));
}

function complete(explicit: ExplicitKeepalive, bounds: Bounds, interval: Seconds): Keepalive {
  const idle = explicit.idle ?? derivedIdle(explicit, bounds, interval);
  const probes = Math.floor((bounds.budget - Math.max(idle, interval)) / interval);
  const count = explicit.count ?? clamp(probes, keepaliveRanges.count.max);
  return withUserTimeout({ idle, interval, count }, explicit.userTimeout ?? 'auto');
}

/** The longest idle that leaves room for the probes, and is whole intervals before the end of the budget if it can be. */
function derivedIdle({ count }: ExplicitKeepalive, bounds: Bounds, interval: Seconds): Seconds {
  const { period, budget } = bounds;
  const probes = count ?? clamp(Math.floor(budget / interval) - 1, fewProbes);
  const room = budget - interval * probes;
  const longest = Math.min(room, period, longestIdle * interval);
  const aligned = longest - ((interval - ((budget - longest) % interval)) % interval);
  return aligned >= (longest < interval ? 1 : interval) ? aligned : longest;
}

/** The same with a user timeout; `auto` is the patience. */
export function withUserTimeout(
  settings: Omit<Keepalive, 'userTimeout'>,
  asked: Milliseconds | 'auto',
): Keepalive {
  return { ...settings, userTimeout: asked === 'auto' ? patience(settings) : asked };
}

function noticedWithin(keepalive: Keepalive, budget: Seconds): boolean {
  const { idle, afterAnsweredProbe } = detection(keepalive);
  return Math.max(idle, afterAnsweredProbe) <= budget * 1000;
}

function clamp(value: number, max: number): number {
  return Math.max(1, Math.min(value, max));
}
