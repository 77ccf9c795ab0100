// Policy: what keepalive means as numbers. Pure; knows neither YAML nor sockets.
import type { Milliseconds, Seconds } from '../units.js';

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
