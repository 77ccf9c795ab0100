// Policy: what keepalive means as numbers, and how settings from several places become one.
// Pure; knows neither YAML nor sockets.
import type { Milliseconds, Seconds } from '../units.js';

/** The keepalive of one leg, as plain numbers that a socket can take (tcp(7)). */
export interface Keepalive {
  /** TCP_KEEPIDLE: seconds without a received segment before the first probe, 1 to 32767. */
  readonly idle: Seconds;
  /** TCP_KEEPINTVL: seconds between unanswered probes, 1 to 32767. */
  readonly interval: Seconds;
  /** TCP_KEEPCNT: unanswered probes before the peer is declared dead, 1 to 127. */
  readonly count: number;
  /** TCP_USER_TIMEOUT in milliseconds, 1 to 2147483647; 0 leaves it off. */
  readonly userTimeout: Milliseconds;
}

/** What one place asks for; a key that is left out is taken from the places before. */
export interface KeepaliveSettings {
  readonly idle?: Seconds;
  readonly interval?: Seconds;
  readonly count?: number;
  /** 0 is off; `auto` is idle + interval × count, whatever those turn out to be. */
  readonly userTimeout?: Milliseconds | 'auto';
}

type CompleteSettings = Required<KeepaliveSettings>;

/** One place's word on keepalive: settings, `off`, or nothing. */
export type KeepaliveLayer = KeepaliveSettings | 'off' | undefined;

/** Both ends belong to the range. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** What the kernel takes, as tcp(7) and include/net/tcp.h have it; anything else is EINVAL. */
export const keepaliveRanges = {
  /** Seconds. */
  idle: { min: 1, max: 32_767 },
  /** Seconds. */
  interval: { min: 1, max: 32_767 },
  count: { min: 1, max: 127 },
  /** Milliseconds; 0, which is off, stands outside. */
  userTimeout: { min: 1, max: 2_147_483_647 },
} as const satisfies Record<keyof Keepalive, Range>;

/** What holds where nobody says otherwise: a dead peer is noticed after 90 s, idle or busy. */
export const builtInKeepalive = {
  idle: 60,
  interval: 10,
  count: 3,
  userTimeout: 'auto',
} as const satisfies CompleteSettings;

/**
 * Merges layers key by key over the built-in values, the last layer being the strongest; null is keepalive off.
 * The last layer that says anything decides between on and off. `off` forgets nothing: settings after it turn keepalive
 * on again and take their missing keys from all layers before. Settings without a key say nothing.
 */
export function mergeKeepalive(layers: readonly KeepaliveLayer[]): Keepalive | null {
  const spoken = layers.filter(saysSomething);
  if (spoken.at(-1) === 'off') return null;
  const settings = spoken.filter((layer) => layer !== 'off');
  return resolve(settings.reduce(overlay, builtInKeepalive));
}

function saysSomething(layer: KeepaliveLayer): layer is KeepaliveSettings | 'off' {
  return layer === 'off' || Object.keys(layer ?? {}).length > 0;
}

function overlay(far: CompleteSettings, near: KeepaliveSettings): CompleteSettings {
  return { ...far, ...near };
}

function resolve({ idle, interval, count, userTimeout }: CompleteSettings): Keepalive {
  if (userTimeout !== 'auto') return { idle, interval, count, userTimeout };
  const budget = (idle + interval * count) * 1000;
  return { idle, interval, count, userTimeout: Math.min(budget, keepaliveRanges.userTimeout.max) };
}
