// Closing: whether connections that say nothing are closed from the other side, after how long, and whether keepalive
// probes prevent it. Pure.
import type { Milliseconds } from '../../units.js';
import type { Measurement } from './measurement.js';

export interface Closing {
  /** Half of the closed connections were closed before this. */
  readonly after: Milliseconds;
  readonly by: 'fin' | 'reset';
  /** Seen in connections that were opened at different times: not one event that closed them all. */
  readonly confirmed: boolean;
  /** Whether probes keep a connection open: a box that counts packets, not a program that waits for payload. Null: not known. */
  readonly preventedByProbes: boolean | null;
}

/** Undefined when nothing was closed, or when others stayed open for longer. */
export function closingOf(measurements: readonly Measurement[]): Closing | undefined {
  const silent = measurements.filter(({ warm, verdict }) => !warm && verdict !== 'unclear');
  const open = silent.filter(({ verdict }) => verdict !== 'closed');
  const longestOpen = Math.max(0, ...open.map(({ idle }) => idle));
  const closed = silent
    .filter(({ verdict, idle }) => verdict === 'closed' && latest(idle) >= longestOpen)
    .sort((a, b) => a.idle - b.idle);
  const middle = closed[Math.floor(closed.length / 2)];
  if (middle === undefined) return undefined;
  return {
    after: middle.idle,
    by: middle.closedBy ?? 'fin',
    confirmed: new Set(closed.map(({ round }) => round)).size > 1,
    preventedByProbes: preventedByProbes(measurements, middle.idle),
  };
}

/** How long a connection may stay open that is closed after `idle`: programs look at their clocks now and then. */
export function latest(idle: Milliseconds): Milliseconds {
  return idle * 1.1 + 1000;
}

function preventedByProbes(
  measurements: readonly Measurement[],
  after: Milliseconds,
): boolean | null {
  const warm = measurements.filter((each) => each.warm && each.verdict !== 'unclear');
  if (warm.some(({ verdict, idle }) => verdict === 'alive' && idle > latest(after))) return true;
  return warm.some(({ verdict }) => verdict !== 'alive') ? false : null;
}
