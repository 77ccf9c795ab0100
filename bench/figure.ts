// Figure: what every figure of the benchmark is.
import type { Milliseconds, Seconds } from '../src/units.js';
import type { Load } from './load.js';
import type { OpenPath, RelaySettings } from './paths/path.js';

/** What one number of a figure is called, and which way is good. */
export interface Metric {
  /** Unique within the figure. */
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** Says something about a relay's process, which a direct connection has not. */
  readonly relayOnly?: boolean;
}

/** How much is measured. */
export interface Extent {
  readonly seconds: Seconds;
  readonly warmUp: Seconds;
  /** Sessions of the figures about many of them. */
  readonly sessions: number;
  /** How long many sessions are watched while they rest. */
  readonly rest: Milliseconds;
}

/** An open path and what drives it. */
export interface Subject {
  readonly path: OpenPath;
  readonly load: Load;
}

export interface Figure {
  /** As in `--only`. */
  readonly name: string;
  readonly metrics: readonly Metric[];
  /** What it wants otherwise than the run does. */
  readonly settings?: Partial<RelaySettings>;
  /** The paths that it is about; all of them unless given. */
  readonly paths?: readonly string[];
  /** Resolves with one number a metric, by its key; NaN where the path has none. */
  measure(subject: Subject, extent: Extent): Promise<Readonly<Record<string, number>>>;
}
