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

/** For a connection to be opened. */
const openLimit: Milliseconds = 10_000;

/** One probe and two more: that all of them get lost on a path that knows the connection is not to be feared. */
const probes = 3;

/** How often TCP_INFO is looked at while an answer is due. */
const look: Milliseconds = 20;

/** A far end that speaks now and then by itself is waited out so often. */
const mostDisturbances = 3;

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
    const opened = await openQuietly(this.#means, this.#address, openLimit);
    if (!opened.ok) return unclear(opened.why);
    const { connection } = opened;
    try {
      return question.period === null
        ? await askSilent(connection, question.idle, enough)
        : await askWarm(connection, { ...question, period: question.period }, enough);
    } finally {
      connection.close();
    }
  }

  async obstacle(): Promise<string | null> {
    const opened = await openQuietly(this.#means, this.#address, openLimit);
    if (opened.ok) opened.connection.close();
    return opened.ok ? null : opened.why;
  }
}

async function askSilent(
  connection: QuietConnection,
  idle: Milliseconds,
  enough: AbortSignal,
): Promise<Answer | undefined> {
  for (let disturbances = 0; ; disturbances++) {
    const silence = connection.info()?.lastAck ?? 0;
    if (silence >= idle) return await probe(connection, silence, enough);
    if (disturbances > mostDisturbances) {
      return unclear('the far end was never silent for so long');
    }
    await connection.pause(idle - silence + tick, enough);
    if (connection.ending) return closed(connection.ending, connection.ending.silence);
    if (enough.aborted) return undefined;
  }
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

/**
 * Lowering TCP_KEEPIDLE below the silence so far makes the kernel probe at once. An answer shows as a shorter silence, a
 * reset and no answer as the socket's error.
 */
async function probe(
  connection: QuietConnection,
  silence: Milliseconds,
  enough: AbortSignal,
): Promise<Answer | undefined> {
  const rtt = connection.info()?.rtt ?? 0;
  const interval = Math.max(1, Math.ceil((3 * rtt) / 1000));
  connection.setKeepalive({ idle: 1, interval, count: probes, userTimeout: 0 });
  while (!connection.ending && !enough.aborted) {
    const lastAck = connection.info()?.lastAck ?? silence;
    if (lastAck < silence) return { idle: silence, verdict: 'alive', closedBy: null, why: null };
    await connection.pause(look, enough);
  }
  return connection.ending && judge(connection.ending, silence);
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
