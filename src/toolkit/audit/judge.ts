// Judge: would a connection be lost without a word, idle behind a box, its peer alive? The rule is the configuration's own
// (keepalive/lint.ts). What cannot be known is `unknown`, with the reason. Pure.
import { findLoss, type LintCode } from '../../keepalive/lint.js';
import { durationUnits, formatDuration } from '../../units.js';
import { type Box, describeBox, looksAtPayload, recommendedKeepalive } from './box.js';
import { canIdle, type TcpSocket, type Unread } from './sockets.js';

export interface Judgement {
  /** `none`: a state in which nothing can be lost silently. */
  readonly verdict: 'fine' | 'lost' | 'unknown' | 'none';
  /** The lint that is the reason for `lost`, and what is suspected of a listener that is `unknown`. */
  readonly code: LintCode | null;
  /** One sentence; empty where there is nothing to say. */
  readonly why: string;
}

const none: Judgement = { verdict: 'none', code: null, why: '' };
const fine: Judgement = { verdict: 'fine', code: null, why: '' };

/** Judges a connection; without a box, by whether a peer that vanishes is noticed at all. */
export function judgeConnection(socket: TcpSocket, box: Box | undefined): Judgement {
  if (!canIdle(socket)) return none;
  const hopeless = judgeBox(box);
  if (hopeless !== undefined) return hopeless;
  if (socket.keepalive === 'off') return lost('keepaliveOff', whyOff(box));
  if (socket.keepalive === 'unknown') return unknown(`another timer runs and ${unread(socket)}`);
  return box === undefined ? fine : judgeTimes(socket, box);
}

/** What is lost behind the box whatever keepalive it has. */
export function judgeBox(box: Box | undefined): Judgement | undefined {
  if (box === undefined || !looksAtPayload(box)) return undefined;
  const loss = findLoss(recommendedKeepalive(box), box);
  return loss === undefined ? undefined : lost(loss.code, loss.message);
}

/** Keepalive is on: does it come in time? */
function judgeTimes(socket: TcpSocket, box: Box): Judgement {
  if (socket.values === null) return judgeByTimer(socket, box);
  const loss = findLoss(socket.values, box);
  return loss === undefined ? fine : lost(loss.code, loss.message);
}

/**
 * The timer is never set for later than the next probe is due, so what has passed since the peer was heard and what is left
 * together are less than the silence that the box will see. Probes without an answer break that silence as well, and when
 * the last of them was sent is not told.
 */
function judgeByTimer(socket: TcpSocket, box: Box): Judgement {
  const passed = socket.probes === 0 ? (socket.lastHeard ?? 0) : 0;
  const silence = passed + (socket.timerLeft ?? 0);
  if (silence < box.natTimeout * 1000) {
    return unknown(`keepalive is on, but ${unread(socket)}, so its times are not known`);
  }
  return lost(
    'natForgets',
    `the next probe comes after ${inSeconds(silence)} of silence or later, behind ${describeBox(box)}`,
  );
}

function inSeconds(duration: number): string {
  return formatDuration(Math.floor(duration / durationUnits.s) * durationUnits.s);
}

function whyOff(box: Box | undefined): string {
  const what = 'keepalive is off, so a peer that vanishes while nothing is sent is never noticed';
  if (box === undefined) return what;
  return `keepalive is off, so nothing keeps it in the memory of ${describeBox(box)}`;
}

/** Says why the values are not known. */
export function unread({ unread: why }: Pick<TcpSocket, 'unread'>): string {
  return why === null ? 'its values were read' : unreadWords[why];
}

const unreadWords: Readonly<Record<Unread, string>> = {
  noProcess: 'no process that may be looked into has it',
  notPermitted: 'its process may not be looked into',
  gone: 'its process let go of it meanwhile',
  refused: 'the kernel does not lend it (pidfd_getfd, Linux 5.6)',
};

function lost(code: LintCode, why: string): Judgement {
  return { verdict: 'lost', code, why };
}

function unknown(why: string): Judgement {
  return { verdict: 'unknown', code: null, why };
}
