// Sockets: the kernel's list joined with who has what and what may be read of it. Judges nothing.

import { constants } from 'node:os';
import type { EffectiveKeepalive, ProbeResult } from '../../engine/contract.js';
import type { DiagSocket, SocketDiagnosis } from '../../engine/sock_diag.js';
import type { Keepalive } from '../../keepalive/policy.js';
import { type TcpState, tcpStateName } from '../../sockets/tcp_socket.js';
import type { Milliseconds } from '../../units.js';
import { type Endpoint, isLoopback, splitAddress } from './address.js';
import type { Holder } from './processes.js';

/** Why the values of a socket are not known: no process has it, we may not look, or it went while we looked. */
export type Unread = 'noProcess' | 'notPermitted' | 'gone' | 'refused';

export interface TcpSocket extends Endpoint {
  /** As the kernel's list has it; `host` and `port` are its parts. */
  readonly local: string;
  readonly peer: string;
  readonly state: TcpState;
  /** Both ends are on this machine, so that no box stands between them. */
  readonly isLocal: boolean;
  readonly uid: number;
  /** 0: no process has it any more. */
  readonly inode: number;
  readonly holders: readonly Holder[];
  readonly keepalive: 'on' | 'off' | 'unknown';
  /** Until the next probe, if nothing arrives before; null when the keepalive timer does not show. */
  readonly timerLeft: Milliseconds | null;
  /** Probes without an answer; 0 when the keepalive timer does not show. */
  readonly probes: number;
  /** What it holds, also while keepalive is off; null when that could not be read. */
  readonly values: Keepalive | null;
  readonly unread: Unread | null;
  readonly payloadIdle: Milliseconds | null;
  readonly lastHeard: Milliseconds | null;
}

/** Reads the values of every socket that a process has, and joins all that is known. */
export function joinSockets(
  addon: Pick<SocketDiagnosis, 'readKeepaliveOf'>,
  listed: readonly DiagSocket[],
  holders: ReadonlyMap<number, readonly Holder[]>,
): TcpSocket[] {
  const answers = readAll(addon, listed, holders);
  return listed.map((socket) => join(socket, holders.get(socket.inode) ?? [], answers));
}

type Answers = ReadonlyMap<number, ProbeResult>;

/** By inode. A process is opened once for all of its sockets; one of a socket's holders is asked. */
function readAll(
  addon: Pick<SocketDiagnosis, 'readKeepaliveOf'>,
  listed: readonly DiagSocket[],
  holders: ReadonlyMap<number, readonly Holder[]>,
): Answers {
  const questions = new Map<number, { fd: number; inode: number }[]>();
  for (const { inode } of listed) {
    const [holder] = holders.get(inode) ?? [];
    if (holder === undefined) continue;
    const others = questions.get(holder.pid) ?? [];
    questions.set(holder.pid, others);
    others.push({ fd: holder.fd, inode });
  }
  const answers = new Map<number, ProbeResult>();
  for (const [pid, sockets] of questions) {
    const results = addon.readKeepaliveOf({ pid, sockets });
    for (const [index, result] of results.entries()) {
      answers.set(sockets[index]?.inode ?? 0, result);
    }
  }
  return answers;
}

function join(listed: DiagSocket, holders: readonly Holder[], answers: Answers): TcpSocket {
  const { local, peer, uid, inode, payloadIdle, lastHeard } = listed;
  const state = tcpStateName(listed.state);
  const answer = answers.get(inode);
  const effective = answer?.ok ? answer.effective : undefined;
  const timer = timerOf(listed, state);
  // No spread: there may be a hundred thousand of these.
  const { host, port } = splitAddress(local);
  return {
    host,
    port,
    local,
    peer,
    state,
    isLocal: isLocal(host, peer, state),
    uid,
    inode,
    holders,
    keepalive: keepaliveOf(effective, timer),
    timerLeft: timer === 'keepalive' ? listed.expires : null,
    probes: timer === 'keepalive' ? listed.tries : 0,
    values: effective === undefined ? null : valuesOf(effective),
    unread: unreadOf(answer),
    payloadIdle,
    lastHeard,
  };
}

/** A listener has no peer yet: where it can be reached decides. */
function isLocal(host: string, peer: string, state: TcpState): boolean {
  return isLoopback(host) || (state !== 'listen' && host === splitAddress(peer).host);
}

/**
 * In the states in which keepalive works its timer always runs, but any other timer hides it (inet_sk_diag_fill() in
 * net/ipv4/inet_diag.c). In FIN_WAIT2 without a process, and before the handshake is done, timer 2 is not keepalive's.
 */
function timerOf({ timer, inode }: DiagSocket, state: TcpState): 'keepalive' | 'none' | 'hidden' {
  if (!canIdle({ state, inode })) return 'hidden';
  if (timer === 2) return 'keepalive';
  return timer === 0 ? 'none' : 'hidden';
}

/** Whether a peer may be silent for long while a process waits on the connection. */
export function canIdle({ state, inode }: Pick<TcpSocket, 'state' | 'inode'>): boolean {
  const isInState = state === 'established' || state === 'closeWait' || state === 'finWait2';
  return isInState && inode !== 0;
}

/** What was read says it; else the timer does. */
function keepaliveOf(
  effective: EffectiveKeepalive | undefined,
  timer: 'keepalive' | 'none' | 'hidden',
): TcpSocket['keepalive'] {
  if (effective !== undefined) return effective.enabled ? 'on' : 'off';
  if (timer === 'hidden') return 'unknown';
  return timer === 'keepalive' ? 'on' : 'off';
}

function valuesOf({ idle, interval, count, userTimeout }: EffectiveKeepalive): Keepalive {
  return { idle, interval, count, userTimeout };
}

/** pidfd_open(2) and pidfd_getfd(2). */
function unreadOf(answer: ProbeResult | undefined): Unread | null {
  if (answer === undefined) return 'noProcess';
  if (answer.ok) return null;
  // By number: Node has no name for ESTALE.
  const { errno } = answer.failure;
  if (errno === constants.errno.EPERM || errno === constants.errno.EACCES) return 'notPermitted';
  return goneErrnos.has(errno) ? 'gone' : 'refused';
}

const goneErrnos: ReadonlySet<number> = new Set([
  constants.errno.ESRCH,
  constants.errno.EBADF,
  constants.errno.ESTALE,
]);
