// App: the one place where everything meets; read it first. A config becomes a plan, a plan a running engine, and a
// stop undoes it in the reverse order. Whatever a failed start had opened is closed before its error is thrown.
import { type Clock, systemClock } from './clock.js';
import { formatAddress, type ListenAddress } from './config/address.js';
import type { Config, LogConfig } from './config/config.js';
import { type Lookup, resolveEndpoints } from './dns/resolver.js';
import { type Echo, startEchoOrThrow } from './echo.js';
import { loadAddon } from './engine/addon.js';
import type { Addon, EnginePlan } from './engine/contract.js';
import { Engine, mostWorkers } from './engine/engine.js';
import { errnoName } from './engine/errno.js';
import { verifyKeepalivesOrThrow } from './engine/verify.js';
import { WarmlineError } from './errors.js';
import { type Machine, thisMachine } from './machine.js';
import { buildPlan } from './routes/plan.js';
import { explainPlan, explainStart } from './telemetry/explain.js';
import { Log } from './telemetry/log.js';
import { openOutput } from './telemetry/output.js';
import { logStart, type Started } from './telemetry/start.js';
import type { Milliseconds } from './units.js';

/** What to run. */
export interface Request {
  readonly config: Config;
  /** The file that the config was read from, null for one from the command line. */
  readonly file: string | null;
  /** Where to start an echo endpoint, if anywhere. */
  readonly echo?: ListenAddress | undefined;
}

/** What the app stands on; tests hand in their own. */
export interface Parts {
  readonly addon: Addon;
  readonly lookup?: Lookup;
  readonly clock: Clock;
  readonly machine: Machine;
  openLog(config: LogConfig): Log;
}

/** The real parts; WL_NATIVE_MISSING when the engine is not built. */
export function systemParts(): Parts {
  return { addon: loadAddon(), clock: systemClock, machine: thisMachine, openLog: openStdoutLog };
}

/** Does all that a start does short of listening; returns the plan as a table. Throws what a start would. */
export async function checkApp(config: Config, parts = systemParts()): Promise<string[]> {
  return explainPlan(config, await decide(config, parts));
}

export interface App {
  /** What runs, in words for people, a line each. */
  readonly words: readonly string[];
  /**
   * Stops accepting, lets sessions end by themselves for at most the config's drainTimeout or until `cut` is aborted,
   * resets the rest and closes everything. Returns how many sessions were reset. Called once.
   */
  stop(cut?: AbortSignal): Promise<number>;
}

/** Starts what was asked for. Throws WL_RESOLVE, WL_KEEPALIVE_REFUSED, WL_LISTEN or WL_ENGINE, with nothing left open. */
export async function startApp(request: Request, parts = systemParts()): Promise<App> {
  const { config, file } = request;
  const { addon, clock, machine } = parts;
  const startedAt = clock.now();
  const plan = await decide(config, parts);
  const fdLimit = raiseFdLimitOrThrow(addon);
  const workers =
    config.workers === 'auto' ? Math.min(machine.cpus(), mostWorkers) : config.workers;
  const log = parts.openLog(config.log);
  let echo: Echo | undefined;
  let engine: Engine | undefined;
  try {
    echo = request.echo && (await startEchoOrThrow(request.echo));
    engine = new Engine(addon, workers);
    log.watch(engine);
    const started: Started = {
      file,
      plan,
      listeners: engine.apply(plan),
      echo: echo && formatAddress(echo.address),
      workers,
      fdLimit,
      sessionLimit: Math.floor((fdLimit - machine.openFds()) / 2),
      somaxconn: machine.somaxconn(),
    };
    logStart(log, started);
    const running = { log, echo, engine, clock, startedAt, drainTimeout: config.drainTimeout };
    return { words: explainStart(started), stop: (cut) => stop(running, cut) };
  } catch (error) {
    engine?.close();
    await echo?.close();
    await log.close(flushLimit);
    throw error;
  }
}

interface Running {
  readonly log: Log;
  readonly echo: Echo | undefined;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly startedAt: Milliseconds;
  readonly drainTimeout: Milliseconds;
}

/** The one order of stopping: accept no more, drain, reset the rest, close, tell. */
async function stop(
  { log, echo, engine, ...running }: Running,
  cut?: AbortSignal,
): Promise<number> {
  const limit = running.drainTimeout;
  log.write('info', 'draining', { active: engine.stats().active, limit });
  const drained = await engine.drain(limit, cut);
  const reset = engine.stats().active;
  engine.close();
  await echo?.close();
  // Thousands of sessions that end at once fill the log: what comes next must not be what is dropped.
  await log.flush(flushLimit);
  const uptime = running.clock.now() - running.startedAt;
  log.write(drained ? 'info' : 'warn', 'shutdown', { drained, reset, uptime });
  await log.close(flushLimit);
  return reset;
}

/** How long the last log lines may take. */
const flushLimit: Milliseconds = 1000;

async function decide(config: Config, { addon, lookup }: Parts): Promise<EnginePlan> {
  const plan = buildPlan(config, await resolveEndpoints(config, lookup));
  verifyKeepalivesOrThrow(addon, plan);
  return plan;
}

function raiseFdLimitOrThrow(addon: Addon): number {
  const result = addon.raiseFdLimit();
  if (result.ok) return result.limit.soft;
  const { errno, syscall } = result.failure;
  throw new WarmlineError(
    'WL_ENGINE',
    `cannot raise the limit on file descriptors: ${syscall} gave ${errnoName(errno)}`,
  );
}

function openStdoutLog({ level, format }: LogConfig): Log {
  // Asking for process.stdout makes a pipe non-blocking, which openOutput needs.
  const { isTTY } = process.stdout;
  const output = openOutput(process.stdout.fd);
  return new Log({ level, format: format ?? (isTTY ? 'pretty' : 'json'), color: isTTY }, output);
}
