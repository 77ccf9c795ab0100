// TcpPath: measures a real path. The kernel sends the probes, and TCP_INFO and the socket's error say what became of them;
// the far end needs to know nothing.
import type { TcpAddress } from '../../config/address.js';
import type { Milliseconds, Seconds } from '../../units.js';
import type { Answer } from './measurement.js';
import {
  type Ending,
  fin,
  type Means,
  openQuietly,
  type QuietConnection,
} from './quiet_connection.js';
import type { Path, Question } from './search.js';
import { Silence } from './silence.js';

/** One probe and two more: that all of them get lost on a path that knows the connection is not to be feared. */
const probes = 3;

/** How often TCP_INFO is looked at while an answer is due. */
const look: Milliseconds = 20;

/** A far end that speaks now and then by itself is waited out so often. */
const mostDisturbances = 3;

/** A handshake whose end got lost, or is deferred, is repeated once; what comes again keeps the path warm. */
const mostBreaks = 1;

/** How often it is looked whether a silence was broken. */
const glance: Milliseconds = 1000;

/** The kernel counts in ticks of its clock, which are this long at most. */
const tick: Milliseconds = 10;

/** Closed so soon after it was opened, a connection was turned away and not found idle. */
const turnedAway: Milliseconds = 1000;

export class TcpPath implements Path {
  readonly #means: Means;
  readonly #address: TcpAddress;

  /** A path to a numeric address. */
  constructor(means: Means, address: TcpAddress) {
    this.#means = means;
    this.#address = address;
  }

  async measure(question: Question, enough: AbortSignal): Promise<Answer | undefined> {
    const opened = await openQuietly(this.#means, this.#address, enough);
    if (!opened.ok) return enough.aborted ? undefined : unclear(opened.why);
    const { connection } = opened;
    try {
      return question.period === null
        ? await askSilent(connection, question.idle, enough)
        : await askWarm(connection, { ...question, period: question.period }, enough);
    } finally {
      connection.close();
    }
  }

  async obstacle(stop: AbortSignal): Promise<string | null | undefined> {
    const opened = await openQuietly(this.#means, this.#address, stop);
    if (opened.ok) opened.connection.close();
    else if (stop.aborted) return undefined;
    return opened.ok ? null : opened.why;
  }
}

async function askSilent(
  connection: QuietConnection,
  idle: Milliseconds,
  enough: AbortSignal,
): Promise<Answer | undefined> {
  const silence = new Silence();
  for (let disturbances = 0; ; disturbances++) {
    const info = connection.info();
    const least = info === undefined ? 0 : silence.look(info, connection.age);
    if (silence.breaks > mostBreaks) {
      return unclear('the far end sends keepalive probes of its own');
    }
    if (least >= idle) {
      const most = silence.breaks === 0 ? least : least + glance;
      return await probe(connection, { least, most }, enough);
    }
    if (disturbances > mostDisturbances) {
      return unclear('the far end was never silent for so long');
    }
    await pauseUnlessBroken(connection, silence, { duration: idle - least + tick, enough });
    if (connection.ending) return closed(connection.ending, connection.ending.silence);
    if (enough.aborted) return undefined;
  }
}

/** Resolves after so long, or sooner when there is nothing more to wait for. */
async function pauseUnlessBroken(
  connection: QuietConnection,
  silence: Silence,
  { duration, enough }: { readonly duration: Milliseconds; readonly enough: AbortSignal },
): Promise<void> {
  const { breaks } = silence;
  const broken = new AbortController();
  const stopLooking = connection.lookEvery(glance, (info) => {
    silence.look(info, connection.age);
    if (silence.breaks > breaks) broken.abort();
  });
  await connection.pause(duration, AbortSignal.any([enough, broken.signal]));
  stopLooking();
}

/** Keepalive is on all the while; the connection is looked at when it is `idle` old. */
async function askWarm(
  connection: QuietConnection,
  { idle, period }: { readonly idle: Milliseconds; readonly period: Seconds },
  enough: AbortSignal,
): Promise<Answer | undefined> {
  connection.setKeepalive({ idle: period, interval: 1, count: probes, userTimeout: 0 });
  await connection.pause(idle, enough);
  if (connection.ending) return closed(connection.ending, connection.ending.age);
  if (enough.aborted) return undefined;
  return { idle: connection.age, verdict: 'alive', closedBy: null, why: null };
}

/** How long a connection has been silent. */
interface Span {
  readonly least: Milliseconds;
  readonly most: Milliseconds;
}

/**
 * Lowering TCP_KEEPIDLE below the silence so far makes the kernel probe at once. An answer shows as a shorter silence, a
 * reset and no answer as the socket's error.
 */
async function probe(
  connection: QuietConnection,
  { least, most }: Span,
  enough: AbortSignal,
): Promise<Answer | undefined> {
  const { rtt, lastAck: before } = connection.info() ?? { rtt: 0, lastAck: least };
  const interval = Math.max(1, Math.ceil((3 * rtt) / 1000));
  connection.setKeepalive({ idle: 1, interval, count: probes, userTimeout: 0 });
  while (!connection.ending && !enough.aborted) {
    const lastAck = connection.info()?.lastAck ?? before;
    if (lastAck < before) return { idle: least, verdict: 'alive', closedBy: null, why: null };
    await connection.pause(look, enough);
  }
  return connection.ending && judge(connection.ending, most);
}

function judge({ code, ...ending }: Ending, idle: Milliseconds): Answer {
  if (code === 'ECONNRESET') return { idle, verdict: 'reset', closedBy: null, why: null };
  if (code === 'ETIMEDOUT') return { idle, verdict: 'dropped', closedBy: null, why: null };
  return closed({ code, ...ending }, ending.silence);
}

/** The connection ended without having been asked for anything. */
function closed({ code, age }: Ending, idle: Milliseconds): Answer {
  if (code !== fin && code !== 'ECONNRESET') return unclear(code);
  if (age < turnedAway) return unclear('the far end closed the connection at once');
  return { idle, verdict: 'closed', closedBy: code === fin ? 'fin' : 'reset', why: null };
}

function unclear(why: string): Answer {
  return { idle: 0, verdict: 'unclear', closedBy: null, why };
}
