// Status: what runs at the moment, as log lines: the counters of each route, and the live sessions.
import type { Engine } from '../engine/engine.js';
import type { Log } from './log.js';

/** More sessions than this say little to a reader, and would fill the log. */
const mostSessions = 1000;

/** Writes a `counters` line for each route of the plan. */
export function logCounters(log: Log, engine: Engine): void {
  for (const { client, upstream, ...counters } of engine.stats().routes) {
    log.write('info', 'counters', { ...counters, clientLegs: client, upstreamLegs: upstream });
  }
}

/** Writes the counters, and a `session` line for up to a thousand live sessions; WL_ENGINE when the engine is closed meanwhile. */
export async function logStatus(log: Log, engine: Engine): Promise<void> {
  logCounters(log, engine);
  for (const session of await engine.inspect(mostSessions)) log.write('info', 'session', session);
}
