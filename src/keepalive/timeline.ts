// Timeline: when a peer is declared dead, as numbers and in words. Pure; nothing here reads a clock.
// The kernel is never early, and late by up to an eighth (the wheel of kernel/time/timer.c), so words say "about".
import { durationUnits, formatDuration, type Milliseconds } from '../units.js';
import type { Keepalive } from './policy.js';

/** How long a dead peer goes unnoticed on one leg. */
export interface Detection {
  /** From the last segment received, with nothing in flight. */
  readonly idle: Milliseconds;
  /** The same, when earlier probes were answered: the worst case while idle. */
  readonly afterAnsweredProbe: Milliseconds;
  /** From the first retransmission of data in flight; null: up to the kernel's tcp_retries2, 13 to 30 minutes. */
  readonly busy: Milliseconds | null;
}

/** How long the kernel retransmits without a user timeout: tcp_retries2 in tcp(7). It depends on the round trip. */
const kernelRetries = { min: 13 * durationUnits.m, max: 30 * durationUnits.m } as const;

/** The user timeout is looked at when a retransmission is due: about this much late on a short path. */
const retransmissionTick: Milliseconds = 500;

/** Computes when a dead peer is noticed, after tcp_keepalive_timer() and tcp_write_timeout() in net/ipv4/tcp_timer.c. */
export function detection(keepalive: Keepalive): Detection {
  return {
    idle: lastProbeTick(keepalive.idle * 1000, keepalive),
    afterAnsweredProbe: lastProbeTick(probePeriod(keepalive), keepalive),
    busy: keepalive.userTimeout === 0 ? null : keepalive.userTimeout + retransmissionTick,
  };
}

/** What happens on a leg and when, from the last segment received unless told otherwise; null is never. */
export interface Timeline {
  readonly firstProbe: Milliseconds | null;
  /** The last of a dead peer's probes. */
  readonly lastProbe: Milliseconds | null;
  readonly deadIdle: Milliseconds | null;
  readonly deadAfterAnsweredProbe: Milliseconds | null;
  /** From the first retransmission; null: up to the kernel's tcp_retries2. */
  readonly deadInFlight: Milliseconds | null;
  /** The longest attempt to connect to one address; null: the leg is not dialled. */
  readonly dialLimit: Milliseconds | null;
  /** Probes and their answers of 1,000 sessions that are idle and alive, in an hour. */
  readonly packetsPerHour: number;
}

/** Computes a leg's timeline; `connectTimeout` is null for a leg that is not dialled. */
export function timeline(
  keepalive: Keepalive | null,
  connectTimeout: Milliseconds | null,
): Timeline {
  const limit = connectTimeout === null ? null : dialLimit(keepalive, connectTimeout);
  if (keepalive === null) return { ...silence, dialLimit: limit, packetsPerHour: 0 };
  const { idle, afterAnsweredProbe, busy } = detection(keepalive);
  return {
    firstProbe: keepalive.idle * 1000,
    lastProbe: idle - keepalive.interval * 1000,
    deadIdle: idle,
    deadAfterAnsweredProbe: afterAnsweredProbe,
    deadInFlight: busy,
    dialLimit: limit,
    packetsPerHour: packetsPerHour(keepalive),
  };
}

/** The timeline without keepalive. */
const silence = {
  firstProbe: null,
  lastProbe: null,
  deadIdle: null,
  deadAfterAnsweredProbe: null,
  deadInFlight: null,
} as const;

/** A probe and its answer each probe period, for 1,000 sessions. */
export function packetsPerHour(keepalive: Keepalive): number {
  return Math.round((2 * 1000 * durationUnits.h) / probePeriod(keepalive));
}

/** How far apart a live idle peer is probed: after an answered probe both idle and interval must pass. */
export function probePeriod({ idle, interval }: Keepalive): Milliseconds {
  return Math.max(idle, interval) * 1000;
}

/** How long one connect attempt lasts at most: the user timeout bounds connect(2) as well. */
export function dialLimit(keepalive: Keepalive | null, connectTimeout: Milliseconds): Milliseconds {
  const userTimeout = keepalive?.userTimeout ?? 0;
  return userTimeout === 0 ? connectTimeout : Math.min(userTimeout, connectTimeout);
}

/**
 * The tick that finds the peer dead, counted from the last segment received. Without a user timeout it is the one after
 * `count` probes. A user timeout replaces the count: the first tick after a probe at which the timeout has passed.
 */
function lastProbeTick(
  firstProbe: Milliseconds,
  { interval, count, userTimeout }: Keepalive,
): Milliseconds {
  const step = interval * 1000;
  const probes =
    userTimeout === 0 ? count : Math.max(1, Math.ceil((userTimeout - firstProbe) / step));
  return firstProbe + probes * step;
}

/** Says a keepalive the way the command line takes it: "60s/10s/3/90s", "60s/10s/3/off" or "off". */
export function formatKeepalive(keepalive: Keepalive | null): string {
  if (keepalive === null) return 'off';
  const { idle, interval, count, userTimeout } = keepalive;
  return `${idle}s/${interval}s/${count}/${userTimeout === 0 ? 'off' : formatDuration(userTimeout)}`;
}

/** How long a dead peer goes unnoticed with data in flight and without a user timeout: "13m to 30m". */
export const unboundedInFlight = `${formatDuration(kernelRetries.min)} to ${formatDuration(kernelRetries.max)}`;

/** Says when a dead peer is noticed: "after about 90s idle, about 91s with data in flight". */
export function describeDetection(keepalive: Keepalive | null): string {
  if (keepalive === null) return `never while idle, ${unboundedInFlight} with data in flight`;
  const { afterAnsweredProbe, busy } = detection(keepalive);
  return `after ${about(afterAnsweredProbe)} idle, ${busy === null ? unboundedInFlight : about(busy)} with data in flight`;
}

function about(duration: Milliseconds): string {
  return `about ${formatDuration(Math.ceil(duration / 1000) * 1000)}`;
}
