// Relay events: what an embedded relay tells its program, with names in place of error numbers.
import { type CloseReason, legOfReason } from '../engine/codes.js';
import type { LegName } from '../engine/contract.js';
import type { EngineEventOf } from '../engine/engine.js';
import { errnoName } from '../engine/errno.js';

/** An event of the engine whose `errno` is a name such as 'ETIMEDOUT', '' for none. */
type Named<E> = Omit<E, 'errno'> & { readonly errno: string };

/** A session has ended. */
export interface SessionClosed extends Omit<Named<EngineEventOf<'sessionClosed'>>, 'reason'> {
  readonly reason: CloseReason;
  /** The leg on which it ended, 'none' when the relay itself decided. */
  readonly leg: LegName | 'none';
}

/** An attempt to connect to an endpoint has failed. */
export interface DialFailed extends Named<EngineEventOf<'dialFailed'>> {}

/** Accepting stopped for want of file descriptors or memory. */
export interface AcceptPaused extends Named<EngineEventOf<'acceptPaused'>> {}

/** The events of a relay and what their listeners are called with. */
export interface RelayEvents {
  /** Which sessions are told is the configuration's `log.sessions`. */
  sessionClosed: [SessionClosed];
  dialFailed: [DialFailed];
  /** A leg has become suspect, or is proven again. */
  livenessChanged: [EngineEventOf<'livenessChanged'>];
  /** The first session of a route on a worker was read back. */
  keepaliveVerified: [EngineEventOf<'keepaliveVerified'>];
  acceptPaused: [AcceptPaused];
  acceptResumed: [EngineEventOf<'acceptResumed'>];
  /** So many events were not told, because the program was too slow for them. */
  dropped: [EngineEventOf<'dropped'>];
}

/** How each event of the engine becomes one of the relay's. */
export const translations: {
  readonly [T in keyof RelayEvents]: (event: EngineEventOf<T>) => RelayEvents[T][0];
} = {
  sessionClosed: (event) => ({
    ...event,
    errno: errnoName(event.errno),
    reason: event.reason as CloseReason,
    leg: legOfReason(event.reason),
  }),
  dialFailed: named,
  livenessChanged: (event) => event,
  keepaliveVerified: (event) => event,
  acceptPaused: named,
  acceptResumed: (event) => event,
  dropped: (event) => event,
};

function named<E extends { readonly errno: number }>(event: E): Named<E> {
  return { ...event, errno: errnoName(event.errno) };
}
