// Warmth: whether the probes of a live, idle peer keep a middlebox from forgetting its connection. Pure.
import type { Seconds } from '../units.js';
import type { Keepalive } from './policy.js';
import type { Preset } from './presets.js';
import { probePeriod } from './timeline.js';

/** What a middlebox makes of a connection that is idle and alive. */
export type Warmth =
  | 'warm'
  | 'forgottenBeforeFirstProbe'
  | 'forgottenBetweenProbes'
  | 'payloadOnly';

/** How late the kernel's timers may be. */
const lateness = 1.125;

/** The longest that a live peer goes without a probe, as timers are late. */
export function longestSilence(keepalive: Keepalive): Seconds {
  return (probePeriod(keepalive) / 1000) * lateness;
}

/** What a box with this memory makes of a connection with this keepalive. */
export function warmth(
  keepalive: Keepalive,
  { limit, refreshedBy }: Pick<Preset, 'limit' | 'refreshedBy'>,
): Warmth {
  if (refreshedBy === 'payload') return 'payloadOnly';
  if (longestSilence(keepalive) < limit) return 'warm';
  return keepalive.idle * lateness < limit ? 'forgottenBetweenProbes' : 'forgottenBeforeFirstProbe';
}
