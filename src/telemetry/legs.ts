// Legs: what can be said of a leg of a route before a session has one.
import type { EngineKeepalive, EngineRoute, LegName } from '../engine/contract.js';

/** In the order in which they are told. */
export const legNames = ['client', 'upstream'] as const satisfies readonly LegName[];

/** Whether a leg is a unix socket in every session, so that keepalive does not apply. */
export function isUnixOnly(route: EngineRoute, leg: LegName): boolean {
  const addresses = leg === 'client' ? route.listeners : route.endpoints;
  return addresses.every((address) => 'path' in address);
}

/** The keepalive that a leg carries when it is TCP, null for none. */
export function keepaliveOf(route: EngineRoute, leg: LegName): EngineKeepalive | null {
  return isUnixOnly(route, leg) ? null : route[leg];
}
