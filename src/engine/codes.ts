// Codes: the close reasons, one word for one way in which a session can end.
// The native twin is native/relay/close_reason.h; a test proves that the two lists are equal.
import type { LegName } from './contract.js';

/** Every close reason: leg × event, or what the relay itself decided. */
export const closeReasons = [
  'clientFin',
  'upstreamFin',
  'clientReset',
  'upstreamReset',
  'clientResetAfterProbe',
  'upstreamResetAfterProbe',
  'clientKeepaliveTimeout',
  'upstreamKeepaliveTimeout',
  'clientUserTimeoutIdle',
  'upstreamUserTimeoutIdle',
  'clientUserTimeout',
  'upstreamUserTimeout',
  'clientRetransmissionTimeout',
  'upstreamRetransmissionTimeout',
  'clientZeroWindowTimeout',
  'upstreamZeroWindowTimeout',
  'clientUnreachable',
  'upstreamUnreachable',
  'clientAborted',
  'upstreamAborted',
  'clientError',
  'upstreamError',
  'clientOptionRefused',
  'upstreamOptionRefused',
  'dialRefused',
  'dialTimeout',
  'dialUnreachable',
  'dialFdLimit',
  'dialFailed',
  'halfCloseTimeout',
  'drained',
] as const;

export type CloseReason = (typeof closeReasons)[number];

/** The reasons of a session in which nothing went wrong. */
export const cleanCloseReasons: ReadonlySet<string> = new Set<CloseReason>([
  'clientFin',
  'upstreamFin',
]);

/** The leg on which a session ended, 'none' when the relay itself decided; dialling is on the upstream leg. */
export function legOfReason(reason: string): LegName | 'none' {
  if (reason.startsWith('client')) return 'client';
  return reason.startsWith('upstream') || reason.startsWith('dial') ? 'upstream' : 'none';
}
