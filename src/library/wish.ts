// Wish: what a caller may ask of the keepalive of a socket, in the words of the configuration.

import { formatPath } from '../config/finding.js';
import { validateKeepalive } from '../config/keepalive.js';
import { WarmlineError } from '../errors.js';
import type { Keepalive } from '../keepalive/policy.js';
import type { PresetName } from '../keepalive/presets.js';

/**
 * What is wanted of a socket. A duration is a text with a unit (ms, s, m, h, d). What is left out is derived from preset,
 * natTimeout and deadAfter where one of them is given, and else built in: 60s, 10s, 3 and auto.
 */
export interface KeepaliveOptions {
  /** TCP_KEEPIDLE: how long nothing is received before the first probe; whole seconds, 1s to 32767s. */
  readonly idle?: string;
  /** TCP_KEEPINTVL: how long to wait for an answer before the next probe; whole seconds, 1s to 32767s. */
  readonly interval?: string;
  /** TCP_KEEPCNT: probes without an answer until the peer is declared dead; 1 to 127. */
  readonly count?: number;
  /** TCP_USER_TIMEOUT: how long sent data may go unacknowledged, `off`, or `auto` for idle + interval × count. */
  readonly userTimeout?: string;
  /** The middlebox on the path; its limit is the natTimeout unless one is given. */
  readonly preset?: PresetName;
  /** How long a middlebox on the path remembers an idle connection; whole seconds from 3s. */
  readonly natTimeout?: string;
  /** When a dead peer is noticed at the latest; whole seconds from 2s. */
  readonly deadAfter?: string;
}

/** `off` turns keepalive and the user timeout off. */
export type KeepaliveWish = KeepaliveOptions | 'off';

/** The numbers that a wish comes to, null for off. Throws WL_ARGUMENT with a line for everything that is wrong. */
export function parseWish(caller: string, wish: KeepaliveWish): Keepalive | null {
  const validation = validateKeepalive(wish);
  if (validation.ok) return validation.keepalive;
  const lines = validation.findings.map(({ path, message }) =>
    [caller, formatPath(['keepalive', ...path]), message].join(': '),
  );
  throw new WarmlineError('WL_ARGUMENT', lines.join('\n'));
}
