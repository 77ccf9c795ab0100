// Start: what a start came to, and the log lines that tell it.
import { formatAddress } from '../config/address.js';
import type { EnginePlan, EngineStats, OpenListener } from '../engine/contract.js';
import { errnoName } from '../engine/errno.js';
import { version } from '../version.js';
import { keepaliveOf } from './legs.js';
import type { Log } from './log.js';

export interface Started {
  /** The file that the config was read from, null for one from the command line. */
  readonly file: string | null;
  readonly plan: EnginePlan;
  readonly listeners: readonly OpenListener[];
  /** Where the echo endpoint listens, if there is one. */
  readonly echo: string | undefined;
  /** As it stands after the start. */
  readonly engine: Pick<EngineStats, 'workers' | 'backEnd' | 'ringRefused'>;
  readonly fdLimit: number;
  /** Sessions that fit in what is left of the file descriptors. */
  readonly sessionLimit: number;
  /** The longest accept queue that the kernel allows; undefined when it is not told. */
  readonly somaxconn: number | undefined;
}

/**
 * Writes `start`, `ioUringRefused` when a ring was wanted in vain, a `listening` line each, and `backlogCapped` when the
 * kernel's queue is shorter than asked for.
 */
export function logStart(log: Log, started: Started): void {
  const { file, plan, engine, fdLimit, sessionLimit, somaxconn } = started;
  log.write('info', 'start', {
    version,
    node: process.version,
    pid: process.pid,
    config: file,
    workers: engine.workers,
    engine: engine.backEnd,
    routes: plan.routes.length,
    fdLimit,
    sessionLimit,
  });
  if (engine.ringRefused !== null) {
    const { errno, syscall } = engine.ringRefused;
    log.write('info', 'ioUringRefused', { errno: errnoName(errno), syscall });
  }
  for (const listener of started.listeners) logListener(log, plan, listener);
  const backlog = Math.max(...plan.routes.map((route) => route.backlog));
  if (somaxconn !== undefined && somaxconn < backlog) {
    log.write('warn', 'backlogCapped', { backlog, somaxconn });
  }
}

function logListener(
  log: Log,
  { routes }: EnginePlan,
  { route: name, address }: OpenListener,
): void {
  for (const route of routes.filter((route) => route.name === name)) {
    log.write('info', 'listening', {
      route: name,
      address,
      endpoints: route.endpoints.map(formatAddress),
      clientKeepalive: keepaliveOf(route, 'client'),
      upstreamKeepalive: keepaliveOf(route, 'upstream'),
    });
  }
}
