// App: the one place where everything meets; read it first. A config becomes a plan, a plan a running engine, another
// config changes the keepalive of what runs, and a stop undoes it all in the reverse order. Whatever a failed start had
// opened is closed before its error is thrown.
import { type Clock, systemClock } from './clock.js';
import { formatAddress, type ListenAddress } from './config/address.js';
import type { Config, LogConfig } from './config/config.js';
import { type Lookup, resolveEndpoints } from './dns/resolver.js';
import { type Echo, startEchoOrThrow } from './echo.js';
import { loadAddon } from './engine/addon.js';
import type { Addon, EnginePlan, OpenListener } from './engine/contract.js';
import { Engine, mostWorkers } from './engine/engine.js';
import { errnoName } from './engine/errno.js';
import type { RouteRetuning } from './engine/events.js';
import { verifyKeepalivesOrThrow } from './engine/verify.js';
import { WarmlineError } from './errors.js';
import { type Machine, thisMachine } from './machine.js';
import { diffConfigs, type RestartNeed } from './routes/diff.js';
import { buildPlan, retunePlan } from './routes/plan.js';
import { explainCheck, explainStart } from './telemetry/explain.js';
import { Log } from './telemetry/log.js';
import { openOutput } from './telemetry/output.js';
import { type CheckReport, reportCheck } from './telemetry/report.js';
import { explainRetuning, logRetuning } from './telemetry/retuning.js';
import { logStart, type Started } from './telemetry/start.js';
import { logCounters, logStatus } from './telemetry/status.js';
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

export interface Checked extends CheckReport {
  /** The same in words for people, a line each. */
  readonly words: readonly string[];
}

/** Does all that a start does short of listening; returns what it comes to. Throws what a start would. */
export async function checkApp(config: Config, parts = systemParts()): Promise<Checked> {
  const report = reportCheck(config, await decide(config, parts));
  return { ...report, words: explainCheck(report) };
}

export interface App {
  /** What runs, in words for people, a line each. */
  readonly words: readonly string[];
  readonly listeners: readonly OpenListener[];
  /** What runs, to be listened to and asked. */
  readonly engine: Pick<Engine, 'on' | 'stats' | 'inspect'>;
  /**
   * Gives live and later sessions the keepalives of another config, and tells what else in it needs a restart. Throws
   * WL_KEEPALIVE_REFUSED, WL_LISTEN or WL_ENGINE, with nothing changed. One at a time: a second call waits for the first,
   * and one that meets a stop changes nothing.
   */
  retune(config: Config): Promise<Retuned>;
  /** Writes counters and live sessions to the log. One that meets a stop writes what it still can. */
  logStatus(): Promise<void>;
  /**
   * Stops accepting, lets sessions end by themselves for at most the config's drainTimeout or until `cut` is aborted,
   * resets the rest and closes everything. Returns how many sessions were reset. Called once.
   */
  stop(cut?: AbortSignal): Promise<number>;
}

/** What a retuning came to; of one that met a stop the lists are empty. */
export interface Retuned {
  /** In words for people, one line. */
  readonly words: string;
  /** Every route of the running plan. */
  readonly routes: readonly RouteRetuning[];
  /** What stays as it is until a restart. */
  readonly needsRestart: readonly RestartNeed[];
}

/**
 * Starts what was asked for. Throws WL_RESOLVE, WL_KEEPALIVE_REFUSED, WL_LISTEN, WL_IO_URING or WL_ENGINE, with nothing
 * left open.
 */
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
    engine = new Engine(addon, { workers, backEnd: config.engine });
    log.watch(engine);
    const started: Started = {
      file,
      plan,
      listeners: engine.apply(plan),
      echo: echo && formatAddress(echo.address),
      engine: engine.stats(),
      fdLimit,
      sessionLimit: Math.floor((fdLimit - (machine.openFds() ?? 0)) / 2),
      somaxconn: machine.somaxconn(),
    };
    logStart(log, started);
    return new RunningApp(started, { addon, clock, startedAt, log, echo, engine }, config);
  } catch (error) {
    engine?.close();
    await echo?.close();
    await log.close(flushLimit);
    throw error;
  }
}

interface Opened {
  readonly addon: Addon;
  readonly clock: Clock;
  readonly startedAt: Milliseconds;
  readonly log: Log;
  readonly echo: Echo | undefined;
  readonly engine: Engine;
}

/** What runs: a config, and the plan that was made of it. */
interface Running {
  readonly config: Config;
  readonly plan: EnginePlan;
}

class RunningApp implements App {
  readonly words: readonly string[];
  readonly listeners: readonly OpenListener[];
  readonly engine: App['engine'];
  readonly #opened: Opened;
  #running: Running;
  #lastRetuning: Promise<unknown> = Promise.resolve();
  #isStopping = false;

  constructor(started: Started, opened: Opened, config: Config) {
    this.words = explainStart(started);
    this.listeners = started.listeners;
    this.engine = opened.engine;
    this.#opened = opened;
    this.#running = { config, plan: started.plan };
  }

  retune(config: Config): Promise<Retuned> {
    const retuning = this.#lastRetuning.then(() => this.#retune(config));
    this.#lastRetuning = retuning.catch(() => {});
    return retuning;
  }

  async #retune(read: Config): Promise<Retuned> {
    if (this.#isStopping) return metStop;
    const { addon, log, engine } = this.#opened;
    const difference = diffConfigs(this.#running.config, read);
    const plan = retunePlan(this.#running.plan, difference.config);
    verifyKeepalivesOrThrow(addon, plan);
    engine.apply(plan);
    this.#running = { config: difference.config, plan };
    try {
      const routes = await engine.retune();
      const { needsRestart } = difference;
      logRetuning(log, { difference, routes });
      return { words: explainRetuning({ difference, routes }), routes, needsRestart };
    } catch (error) {
      // Closed before it could answer.
      if (this.#isStopping) return metStop;
      throw error;
    }
  }

  async logStatus(): Promise<void> {
    if (this.#isStopping) return;
    const { log, engine } = this.#opened;
    try {
      await logStatus(log, engine);
    } catch (error) {
      if (!this.#isStopping) throw error;
    }
  }

  /** The one order of stopping: accept no more, drain, reset the rest, close, tell. */
  async stop(cut?: AbortSignal): Promise<number> {
    this.#isStopping = true;
    const { clock, startedAt, log, echo, engine } = this.#opened;
    const limit = this.#running.config.drainTimeout;
    log.write('info', 'draining', { active: engine.stats().active, limit });
    const drained = await engine.drain(limit, cut);
    const reset = engine.stats().active;
    engine.close();
    await echo?.close();
    // Thousands of sessions that end at once fill the log: what comes next must not be what is dropped.
    await log.flush(flushLimit);
    logCounters(log, engine);
    const uptime = clock.now() - startedAt;
    log.write(drained ? 'info' : 'warn', 'shutdown', { drained, reset, uptime });
    await log.close(flushLimit);
    return reset;
  }
}

const metStop: Retuned = {
  words: 'stopping; sessions end with the keepalive that they have',
  routes: [],
  needsRestart: [],
};

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
