// Derived: what keepalive settings come to, straight from the policy.
import { type Derivation, deriveKeepalive } from '../../src/keepalive/intent.js';
import {
  type Keepalive,
  type KeepaliveSettings,
  mergeKeepalive,
} from '../../src/keepalive/policy.js';

/** Derives one leg's options from settings, the last being the nearest. */
export function derive(...layers: readonly KeepaliveSettings[]): Derivation {
  const asked = mergeKeepalive(layers);
  if (asked === null) throw new Error('settings never turn keepalive off');
  return deriveKeepalive(asked);
}

/** The same where there is no conflict. */
export function derived(...layers: readonly KeepaliveSettings[]): Keepalive {
  const derivation = derive(...layers);
  if (!derivation.ok) throw new Error('a conflict');
  return derivation.keepalive;
}
