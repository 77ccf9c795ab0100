// Measurement: what was learnt from one connection that was left alone for a while and then probed.
import type { Milliseconds } from '../../units.js';

/** How one connection ended. */
export type Verdict =
  /** The probe was answered. */
  | 'alive'
  /** A reset answered the probe. */
  | 'reset'
  /** Nothing answered several probes. */
  | 'dropped'
  /** The connection was closed from the other side before it was probed. */
  | 'closed'
  /** Nothing was learnt: the far end could not be reached, or was not silent. */
  | 'unclear';

/** What a path says of one connection. */
export interface Answer {
  /** How long nothing had been heard when it was probed, or when it was closed. */
  readonly idle: Milliseconds;
  readonly verdict: Verdict;
  /** How a closed one was closed; else null. */
  readonly closedBy: 'fin' | 'reset' | null;
  /** Why nothing was learnt; else null. */
  readonly why: string | null;
}

export interface Measurement extends Answer {
  /** Connections of a round are opened together. */
  readonly round: number;
  /** Keepalive probes went out all the while: `idle` is the age of the connection. */
  readonly warm: boolean;
}

/** Whether the path was seen to have forgotten the connection. */
export function isForgotten({ verdict }: Pick<Answer, 'verdict'>): boolean {
  return verdict === 'reset' || verdict === 'dropped';
}

/** Those that tell what the path remembers, in order of idle time: probed after silence, with a clear answer. */
export function probed(measurements: readonly Measurement[]): Measurement[] {
  return measurements
    .filter(({ warm, verdict }) => !warm && verdict !== 'closed' && verdict !== 'unclear')
    .sort((a, b) => a.idle - b.idle);
}
