// Policy: what keepalive means as numbers, and how settings from several places become one wish.
// Pure; knows neither YAML nor sockets. What follows from the wish is derived in intent.ts.
import type { Milliseconds, Seconds } from '../units.js';
import { type PresetName, presets } from './presets.js';

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

/** Socket options by their values; a key that is left out is derived, or built in. */
export interface ExplicitKeepalive {
  readonly idle?: Seconds;
  readonly interval?: Seconds;
  readonly count?: number;
  /** 0 is off; `auto` is idle + interval × count, whatever those turn out to be. */
  readonly userTimeout?: Milliseconds | 'auto';
}

/** What is wanted of the options, from which those that are left out are derived. */
export interface Intent {
  /** The middlebox on the path. */
  readonly preset?: PresetName;
  /** How long a middlebox on the path remembers an idle connection. */
  readonly natTimeout?: Seconds;
  /** When a dead peer is noticed at the latest. */
  readonly deadAfter?: Seconds;
}

/** What one place asks for; a key that is left out is taken from the places before. */
export interface KeepaliveSettings extends ExplicitKeepalive, Intent {}

/** What all places together ask of a leg; the intent's natTimeout is the preset's limit unless it was given. */
export interface AskedKeepalive {
  readonly explicit: ExplicitKeepalive;
  readonly intent: Intent;
}

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
} as const satisfies Required<ExplicitKeepalive>;

/** How long a peer that does not answer is waited for: idle + interval × count, and what the user timeout `auto` is. */
export function patience({ idle, interval, count }: Omit<Keepalive, 'userTimeout'>): Milliseconds {
  return Math.min((idle + interval * count) * 1000, keepaliveRanges.userTimeout.max);
}

/**
 * Merges layers key by key, the last layer being the strongest; null is keepalive off. An intent takes back the explicit
 * keys of the layers before it, and a preset their natTimeout.
 * The last layer that says anything decides between on and off. `off` forgets nothing: settings after it turn keepalive
 * on again and take their missing keys from all layers before. Settings without a key say nothing.
 */
export function mergeKeepalive(layers: readonly KeepaliveLayer[]): AskedKeepalive | null {
  const spoken = layers.filter(saysSomething);
  if (spoken.at(-1) === 'off') return null;
  const settings = spoken.filter((layer) => layer !== 'off');
  const { explicit, intent } = settings.reduce(overlay, { explicit: {}, intent: {} });
  return { explicit, intent: inForce(intent) };
}

function saysSomething(layer: KeepaliveLayer): layer is KeepaliveSettings | 'off' {
  return layer === 'off' || Object.keys(layer ?? {}).length > 0;
}

function overlay(far: AskedKeepalive, near: KeepaliveSettings): AskedKeepalive {
  const explicit = partOf(near, ['idle', 'interval', 'count', 'userTimeout']);
  const intent = partOf(near, ['preset', 'natTimeout', 'deadAfter']);
  if (Object.keys(intent).length === 0) {
    return { explicit: { ...far.explicit, ...explicit }, intent: far.intent };
  }
  const { natTimeout: _, ...withoutLimit } = far.intent;
  const kept = intent.preset === undefined ? far.intent : withoutLimit;
  return { explicit, intent: { ...kept, ...intent } };
}

function partOf<Key extends keyof KeepaliveSettings>(
  settings: KeepaliveSettings,
  keys: readonly Key[],
): Pick<KeepaliveSettings, Key> {
  const own = keys.filter((key) => settings[key] !== undefined);
  return Object.fromEntries(own.map((key) => [key, settings[key]])) as typeof settings;
}

function inForce(intent: Intent): Intent {
  const { preset, natTimeout } = intent;
  if (preset === undefined || natTimeout !== undefined) return intent;
  return { ...intent, natTimeout: presets[preset].limit };
}
