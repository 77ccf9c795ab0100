// Intent: from what is wanted of a leg to the socket options that give it, or why none can. Pure.
// Explicit keys stay as they are. What is left out is derived so that a middlebox keeps the connection also when one probe
// is lost, and a dead peer is noticed in time.
import { type Conflict, findConflict } from './conflict.js';
import { builtInBudget, fitOptions, overBuiltIn, shape } from './fit.js';
import { type AskedKeepalive, type Keepalive, keepaliveRanges, type Range } from './policy.js';

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
    return { ok: true, keepalive: shape(explicit, { period, budget: builtInBudget(explicit) }) };
  }
  const bounds = { period, budget: deadAfter };
  const keepalive = fitOptions(explicit, bounds);
  if (keepalive !== undefined) return { ok: true, keepalive };
  const conflict = findConflict(explicit, bounds, intentRanges.deadAfter.max);
  return { ok: false, conflict };
}
