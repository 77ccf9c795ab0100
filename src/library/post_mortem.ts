// Post mortem: why a socket died. Node closes the descriptor before it emits 'error', and what the kernel knew goes with
// it, so a watched socket is looked at when Node begins to destroy it: docs/decisions/0013-read-before-the-close.md.
import type { Socket } from 'node:net';
import { constants } from 'node:os';
import type { EffectiveKeepalive } from '../engine/contract.js';
import { errnoName } from '../engine/errno.js';
import { fdUntilClosed, readerOf } from '../sockets/fd.js';
import {
  getKeepaliveOrThrow,
  getTcpInfoOrThrow,
  type TcpInfo,
  type TcpState,
} from '../sockets/tcp_socket.js';
import { native } from './native.js';

/** What a socket can die of: the relay's close reasons without the leg, and what only its own program can tell. */
export const deathReasons = [
  'fin',
  'reset',
  'resetAfterProbe',
  'keepaliveTimeout',
  'userTimeoutIdle',
  'userTimeout',
  'retransmissionTimeout',
  'zeroWindowTimeout',
  'unreachable',
  'aborted',
  'error',
  'destroyed',
  'unread',
] as const;

export type DeathReason = (typeof deathReasons)[number];

/** What the kernel knew of a connection at one moment. */
export interface Reading {
  readonly info: TcpInfo;
  readonly keepalive: EffectiveKeepalive;
}

export interface Cause {
  readonly reason: DeathReason;
  /** Such as 'ETIMEDOUT'; '' when there was none. */
  readonly errno: string;
  /** The call that met it, such as 'read'; '' when there was none. */
  readonly syscall: string;
}

/** Reads what the kernel knows now. Throws WL_SOCKET. */
export function readKernel(fd: number): Reading {
  const calls = native();
  return { info: getTcpInfoOrThrow(calls, fd), keepalive: getKeepaliveOrThrow(calls, fd) };
}

const watched = new WeakSet<Socket>();
const deaths = new WeakMap<Socket, Death>();

interface Death extends Cause, Reading {
  /** The socket itself, or what stands behind that of an HTTP/2 session. */
  readonly of: Socket;
}

/** From now on the death of the socket is read. Twice is as good as once. */
export function watchSocket(socket: Socket): void {
  if (watched.has(socket)) return;
  watched.add(socket);
  // Node's own hook for what is to be done when a stream is destroyed. `this` is what stands behind the socket of an HTTP/2
  // session, which is a proxy and of no use by then.
  const destroy = socket._destroy;
  socket._destroy = function (this: Socket, error, callback) {
    noteDeath(socket, this, error);
    destroy.call(this, error, callback);
  };
}

/** What a watched socket died of; undefined while it is open, also once again, and for one that was not watched. */
export function deathOf(socket: Socket): (Cause & Reading) | undefined {
  const death = deaths.get(socket);
  return death?.of.destroyed ? death : undefined;
}

/** Never throws: the socket is to be destroyed, whatever can still be read of it. */
function noteDeath(socket: Socket, behind: Socket, error: Error | null): void {
  // One that was connected again may have died before.
  deaths.delete(socket);
  try {
    const reading = readKernel(fdUntilClosed(behind) ?? -1);
    deaths.set(socket, { ...causeOf(behind, error, reading), ...reading, of: behind });
  } catch {
    // Somebody has closed it behind Node's back: nothing is left to be read.
  }
}

function causeOf(socket: Socket, error: NodeJS.ErrnoException | null, reading: Reading): Cause {
  const { errno = 0, syscall = '' } = error ?? {};
  // Errors that a program made up itself have no errno, and a kernel's are negative here.
  if (errno < 0) {
    const reason = classify(-errno, reading);
    // A death closes the connection. One that still stands was destroyed with the error of something else: pipeline() ends
    // a socket with what the other one died of.
    if (reason === 'error' || reading.info.state === 'closed') {
      return { reason, errno: errnoName(-errno), syscall };
    }
  }
  const hasEnded = socket.readableEnded || finReceived.has(reading.info.state);
  return { reason: hasEnded ? 'fin' : unsaidReason(socket, reading), errno: '', syscall: '' };
}

/**
 * Of a socket that was destroyed without an error. An http.Agent of Node 22.23 and 24.21 does that to one that is idle in its
 * pool when anything is read from it, and tells nobody when that was a death.
 */
function unsaidReason(socket: Socket, reading: Reading): DeathReason {
  const isHushed = reading.info.state === 'closed' && readerOf(socket) === 'freeSocketOnReadGuard';
  return isHushed ? classify(unsaidErrno(reading), reading) : 'destroyed';
}

/** A timeout comes once nothing was heard until the deadline, and a reset before. */
export function unsaidErrno({ info, keepalive }: Reading): number {
  const { idle, interval, count, userTimeout } = keepalive;
  const deadline = userTimeout || (idle + interval * count) * 1000;
  const isUnanswered = info.probes > 0 || info.retransmits > 0;
  const { ETIMEDOUT, ECONNRESET } = constants.errno;
  return isUnanswered && info.lastAck >= deadline ? ETIMEDOUT : ECONNRESET;
}

function classify(errno: number, { info, keepalive }: Reading): DeathReason {
  const isOff = !keepalive.enabled && keepalive.userTimeout === 0;
  return native().classifyDeath(errno, info, isOff ? null : keepalive) as DeathReason;
}

/** Where the peer's FIN has been taken (RFC 9293, 3.3.2). */
const finReceived: ReadonlySet<TcpState> = new Set(['closeWait', 'lastAck', 'closing', 'timeWait']);
