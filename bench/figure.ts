// Figure: what every figure of the benchmark is. A figure's load runs in a process of its own and talks TCP only.
import type { Port, Seconds } from '../src/units.js';

/** Where a load goes: to the upstream itself, or to a relay in front of it. */
export interface Target {
  /** Sends back what it gets. */
  readonly echo: Port;
  /** Sends as fast as it is read. */
  readonly source: Port;
  /** The relay's process; null where there is none. */
  readonly relayPid: number | null;
}

/** What one number of a figure is called, and which way is good. */
export interface Metric {
  readonly label: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** Says something about a relay's process, which a direct connection has not. */
  readonly relayOnly?: boolean;
}

export interface Figure {
  /** As in `--only`. */
  readonly name: string;
  readonly metrics: readonly Metric[];
  /** Puts load on the target for about so long; resolves with one number a metric. */
  load(target: Target, seconds: Seconds): Promise<readonly number[]>;
}

/** Before this has passed nothing counts: compilers and congestion windows warm up. */
export const warmUp: Seconds = 0.5;
