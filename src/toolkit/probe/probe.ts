// Probe: finds how long the path to a target remembers an idle connection. Where search, sockets and state meet.
import { type Clock, steadyClock, systemTimers, type Timers } from '../../clock.js';
import { formatAddress } from '../../config/address.js';
import { loadAddon } from '../../engine/addon.js';
import { WarmlineError } from '../../errors.js';
import type { Milliseconds } from '../../units.js';
import { type Finding, findingOf } from './finding.js';
import type { Measurement } from './measurement.js';
import type { Settings } from './plan.js';
import { type End, type Progress, Search } from './search.js';
import { readStateOrThrow, writeStateOrThrow } from './state.js';
import { formatTarget, type Target } from './target.js';
import { TcpPath } from './tcp_path.js';

export interface Wanted {
  readonly target: Target;
  readonly settings: Settings;
  /** Where measurements are kept; null keeps none. */
  readonly state: string | null;
  /** Ends it with what is known. */
  readonly stop: AbortSignal;
  readonly tell: (progress: Progress, search: Search) => void;
}

export interface Outcome {
  readonly end: End;
  readonly finding: Finding;
  /** Those of earlier runs included. */
  readonly measurements: readonly Measurement[];
  readonly took: Milliseconds;
}

/** Throws WL_PROBE when the target takes no connection, or the state can't be used. */
export async function probePath(
  { target, settings, state, stop, tell }: Wanted,
  clock: Clock = steadyClock,
  timers: Timers = systemTimers,
): Promise<Outcome> {
  const subject = { target: target.asked, address: formatAddress(target.address) };
  const known = state === null ? [] : readStateOrThrow(state, subject);
  const began = clock.now();
  const path = new TcpPath({ calls: loadAddon(), clock, timers }, target.address);
  refuseIfObstructed(target, await path.obstacle(stop));
  // What still waits would otherwise outlive an error.
  const ended = new AbortController();
  const search: Search = new Search({
    path,
    settings,
    clock,
    known,
    stop: AbortSignal.any([stop, ended.signal]),
    tell(progress) {
      if (state !== null) writeStateOrThrow(state, subject, search.measurements);
      tell(progress, search);
    },
  });
  const end = await search.run().finally(() => ended.abort());
  const { measurements } = search;
  return {
    end,
    finding: findingOf(measurements, settings),
    measurements,
    took: clock.now() - began,
  };
}

/** Nothing is in the way when it was stopped before that was known. */
function refuseIfObstructed(target: Target, obstacle: string | null | undefined): void {
  if (obstacle === null || obstacle === undefined) return;
  throw new WarmlineError(
    'WL_PROBE',
    `${formatTarget(target)}: expected a server that takes connections, got ${obstacle}; see that it runs and may be reached from here`,
  );
}
