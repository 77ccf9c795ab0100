// Log: one event a line, with the names of docs/logs.md. Bounded: what is too much is counted and told in one line.
import { pino } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { type Clock, systemClock, systemTimers, type Timers } from '../clock.js';
import { cleanCloseReasons, legOfReason } from '../engine/codes.js';
import type { Engine } from '../engine/engine.js';
import { errnoName } from '../engine/errno.js';
import type {
  AcceptPausedEvent,
  AcceptResumedEvent,
  DialFailedEvent,
  KeepaliveVerifiedEvent,
  LivenessChangedEvent,
  SessionClosedEvent,
} from '../engine/events.js';
import type { Milliseconds } from '../units.js';
import { type LogEvent, type LogFields, logFields } from './fields.js';
import { RateLimit } from './limit.js';
import type { LogOutput } from './output.js';

export interface LogOptions {
  readonly level: string;
  /** `pretty` is for people: one line an event, the time of day, no quotes around every name. */
  readonly format: 'json' | 'pretty';
  readonly color: boolean;
}

/** How often `eventsDropped` may be told. */
const dropInterval: Milliseconds = 1000;

export class Log {
  readonly #output: LogOutput;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #logger: pino.Logger;
  readonly #dialLimit = new RateLimit(10);
  readonly #livenessLimit = new RateLimit(10);
  readonly #pauseLimit = new RateLimit(1);
  readonly #toldPauses = new Set<string>();
  #dropped = { queueFull: 0, slowReader: 0, rateLimit: 0 };
  #cancelReport: (() => void) | undefined;

  constructor(options: LogOptions, output: LogOutput, clock = systemClock, timers = systemTimers) {
    this.#output = output;
    this.#clock = clock;
    this.#timers = timers;
    this.#logger = openLogger(options, output, clock);
    output.onDrop = () => this.#drop('slowReader', 1);
  }

  /** Writes one line with the documented fields, in their order: `warn` when something went wrong, else `info`. */
  write<E extends LogEvent>(level: 'info' | 'warn', event: E, fields: LogFields<E>): void {
    const names: readonly (keyof LogFields<E> & string)[] = logFields[event];
    const line: Record<string, unknown> = { event };
    for (const name of names) line[name] = fields[name];
    this.#logger[level](line);
  }

  /** Writes what the engine tells from now on. */
  watch(engine: Engine): void {
    engine.on('sessionClosed', (event) => this.#sessionClosed(event));
    engine.on('dialFailed', (event) => this.#dialFailed(event));
    engine.on('livenessChanged', (event) => this.#livenessChanged(event));
    engine.on('acceptPaused', (event) => this.#acceptPaused(event));
    engine.on('acceptResumed', (event) => this.#acceptResumed(event));
    engine.on('keepaliveVerified', (event) => this.#keepaliveVerified(event));
    engine.on('dropped', ({ count }) => this.#drop('queueFull', count));
  }

  /** Writes out what waits, for at most `limit`, and then tells what was dropped: by then there is room to tell it. */
  async flush(limit: Milliseconds): Promise<void> {
    await this.#output.flush(limit);
    if (this.#cancelReport !== undefined) this.#reportDrops();
  }

  /** Flushes, for at most twice `limit`, and ends the log. */
  async close(limit: Milliseconds): Promise<void> {
    await this.flush(limit);
    this.#cancelReport?.();
    await this.#output.flush(limit);
    this.#output.close();
  }

  // One line for every session there was: a literal, for copies by name cost as much as the rest of the line.
  #sessionClosed(closed: SessionClosedEvent): void {
    const line: LogFields<'sessionClosed'> & { event: 'sessionClosed' } = {
      event: closed.type,
      session: closed.session,
      route: closed.route,
      client: closed.client,
      upstream: closed.upstream,
      reason: closed.reason,
      leg: legOfReason(closed.reason),
      errno: errnoName(closed.errno),
      syscall: closed.syscall,
      evidence: closed.evidence,
      duration: closed.duration,
      bytesToUpstream: closed.bytesToUpstream,
      bytesToClient: closed.bytesToClient,
      clientKeepalive: closed.clientKeepalive,
      upstreamKeepalive: closed.upstreamKeepalive,
    };
    this.#logger[cleanCloseReasons.has(closed.reason) ? 'info' : 'warn'](line);
  }

  #dialFailed({ type, errno, ...fields }: DialFailedEvent): void {
    if (this.#dialLimit.admits(fields.route, this.#clock.now())) {
      this.write('warn', type, { ...fields, errno: errnoName(errno) });
    } else {
      this.#drop('rateLimit', 1);
    }
  }

  // A path that fails or comes back changes all of its legs at once.
  #livenessChanged({ type, state, ...fields }: LivenessChangedEvent): void {
    if (!this.#livenessLimit.admits(fields.route, this.#clock.now())) this.#drop('rateLimit', 1);
    else if (state === 'suspect') this.write('warn', state, fields);
    else this.write('info', state, fields);
  }

  #acceptPaused({ type, errno, ...fields }: AcceptPausedEvent): void {
    if (this.#pauseLimit.admits(fields.route, this.#clock.now())) {
      this.#toldPauses.add(fields.route);
      this.write('warn', type, { ...fields, errno: errnoName(errno) });
    } else {
      this.#drop('rateLimit', 1);
    }
  }

  // A resume is told when its pause was.
  #acceptResumed({ type, ...fields }: AcceptResumedEvent): void {
    if (this.#toldPauses.delete(fields.route)) this.write('info', type, fields);
    else this.#drop('rateLimit', 1);
  }

  #keepaliveVerified({ type, ...fields }: KeepaliveVerifiedEvent): void {
    this.write('info', type, fields);
  }

  #drop(cause: keyof LogFields<'eventsDropped'>, count: number): void {
    this.#dropped[cause] += count;
    this.#cancelReport ??= this.#timers.after(dropInterval, () => this.#reportDrops());
  }

  #reportDrops(): void {
    this.#cancelReport?.();
    this.#cancelReport = undefined;
    const told = this.#dropped;
    this.#dropped = { queueFull: 0, slowReader: 0, rateLimit: 0 };
    this.write('warn', 'eventsDropped', told);
    // The report itself did not fit: it is told again, with the next one.
    if (this.#dropped.slowReader > 0) {
      this.#dropped.queueFull += told.queueFull;
      this.#dropped.slowReader += told.slowReader;
      this.#dropped.rateLimit += told.rateLimit;
    }
  }
}

/** A pino that writes a line by one JSON.stringify: docs/decisions/0007-events-are-taken-together.md has what that saves. */
function openLogger(options: LogOptions, output: LogOutput, clock: Clock): pino.Logger {
  const lines = { base: null, timestamp: timestamps(clock) };
  const logger = pino({ level: options.level, ...lines }, stream(options, output));
  return Object.assign(logger, { [pino.symbols.asJsonSym]: renderLine });
}

/** In pino's order; `time` is what `timestamps` makes. */
function renderLine(fields: object, _message: undefined, level: number, time: string): string {
  return `{"level":"${pino.levels.labels[level]}"${time},${JSON.stringify(fields).slice(1)}\n`;
}

/** The time as pino wants it. The lines of one batch share their millisecond, and so its formatting. */
function timestamps(clock: Clock): () => string {
  let [last, formatted] = [Number.NaN, ''];
  return () => {
    const now = clock.now();
    if (now !== last) [last, formatted] = [now, `,"time":"${new Date(now).toISOString()}"`];
    return formatted;
  };
}

function stream({ format, color }: LogOptions, output: LogOutput): pino.DestinationStream {
  if (format === 'json') return output;
  const pretty = prettyFactory({
    messageKey: 'event',
    singleLine: true,
    colorize: color,
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return { write: (line) => output.write(pretty(line)) };
}
