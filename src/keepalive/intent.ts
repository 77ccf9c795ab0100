// Intent: from what is wanted of a leg to the socket options that give it, or why none can. Pure.
// Explicit keys stay as they are. What is left out is derived so that a middlebox keeps the connection also when one probe
// is lost, and a dead peer is noticed in time.
import type { Seconds } from '../units.js';
import { type Conflict, findConflict } from './conflict.js';
import { aimOptions, fitOptions, leastBudget, withUserTimeout } from './fit.js';
import {
  type AskedKeepalive,
  builtInKeepalive,
  type ExplicitKeepalive,
  type Keepalive,
  keepaliveRanges,
  type Range,
} from './policy.js';

export type Derivation =
  | { readonly ok: true; readonly keepalive: Keepalive }
  | { readonly ok: false; readonly conflict: Conflict };

/** What may be asked for: a third of a natTimeout is a whole second, and so is each half of the least deadAfter. */
export const intentRanges = {
  /** Seconds. */
  natTimeout: { min: 3, max: 2_073_600 },
  /** Seconds; 24 days fit in a user timeout. */
  deadAfter: { min: 2, max: 2_073_600 },
} as const satisfies Record<string, Range>;

/** Derives the options of a leg. A conflict is between deadAfter and explicit keys; nothing else can fail. */
export function deriveKeepalive({ explicit, intent }: AskedKeepalive): Derivation {
  if (Object.keys(intent).length === 0) return { ok: true, keepalive: overBuiltIn(explicit) };
  const { natTimeout = Infinity, deadAfter } = intent;
  const period = Math.min(Math.floor(natTimeout / 3), keepaliveRanges.idle.max);
  if (deadAfter === undefined) {
    const bounds = { period, budget: builtInBudget(explicit) };
    return { ok: true, keepalive: aimOptions(explicit, bounds) };
  }
  const bounds = { period, budget: deadAfter };
  const keepalive = fitOptions(explicit, bounds);
  if (keepalive !== undefined) return { ok: true, keepalive };
  const conflict = findConflict(explicit, bounds, intentRanges.deadAfter.max);
  return { ok: false, conflict };
}

/** The explicit keys, and the built-in values for what is left out. */
function overBuiltIn(explicit: ExplicitKeepalive): Keepalive {
  const { userTimeout, ...settings } = { ...builtInKeepalive, ...explicit };
  return withUserTimeout(settings, userTimeout);
}

/** The budget that explicit keys make of the built-in values, and not less than that of these. */
function builtInBudget(explicit: ExplicitKeepalive): Seconds {
  return Math.max(leastBudget(builtInKeepalive), leastBudget({ ...builtInKeepalive, ...explicit }));
}
