// Keepalive: what is written for one leg alone, without a file around it, as numbers. The same words, defaults and
// conflicts as in a file.
import { deriveKeepalive } from '../keepalive/intent.js';
import { type Keepalive, mergeKeepalive } from '../keepalive/policy.js';
import { findOnLeg } from './conflicts.js';
import type { Finding } from './finding.js';
import { legSchema } from './schema.js';
import { findMistakes } from './validate.js';

export type KeepaliveValidation =
  | { readonly ok: true; readonly keepalive: Keepalive | null }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Any value → the keepalive that it asks for, null being off, or everything that is wrong with it. */
export function validateKeepalive(value: unknown): KeepaliveValidation {
  const written = legSchema.safeParse(value);
  if (!written.success) return { ok: false, findings: findMistakes(written.error) };
  const asked = mergeKeepalive([written.data]);
  if (asked === null) return { ok: true, keepalive: null };
  const derivation = deriveKeepalive(asked);
  if (derivation.ok) return derivation;
  return { ok: false, findings: findOnLeg([{ path: [], says: written.data }]) };
}
