// Diagnose: how a socket is, or what it died of, by what the kernel knows.
import type { Socket } from 'node:net';
import type { EffectiveKeepalive } from '../engine/contract.js';
import type { Evidence } from '../engine/events.js';
import { WarmlineError } from '../errors.js';
import { fdOf, isClosed, type TcpSocket } from '../sockets/fd.js';
import type { TcpState } from '../sockets/tcp_socket.js';
import type { Milliseconds } from '../units.js';
import { judgeLiveness } from './liveness.js';
import {
  type Cause,
  type DeathReason,
  deathOf,
  type Reading,
  readKernel,
  watchSocket,
} from './post_mortem.js';

/** Of a socket that is open, as of now; of one that has died, as of its end. */
export interface SocketEvidence extends Evidence {
  /** Since data was last sent or received. */
  readonly payloadIdle: Milliseconds;
  /** What the kernel held. */
  readonly keepalive: EffectiveKeepalive;
}

export interface LivingSocket extends SocketEvidence {
  /** suspect: one probe or retransmission has gone unanswered for a second, or several have. */
  readonly state: 'proven' | 'suspect';
}

export interface DeadSocket extends SocketEvidence {
  readonly state: 'dead';
  readonly reason: DeathReason;
  /** Such as 'ETIMEDOUT'; '' when there was none. */
  readonly errno: string;
  /** The call that met it, such as 'read'; '' when there was none. */
  readonly syscall: string;
}

export type Diagnosis = LivingSocket | DeadSocket;

/**
 * Has the death of a socket read when it comes, so that `diagnose` can tell it; `setKeepalive` does so by itself. Throws
 * WL_SOCKET.
 */
export function watch(socket: Socket): void {
  if (typeof socket === 'number') {
    throw new WarmlineError('WL_SOCKET', 'watch: expected a socket, got a descriptor');
  }
  readKernel(fdOf(socket));
  watchSocket(socket);
}

/** Tells how a socket is, or what a watched one died of. Throws WL_SOCKET. */
export function diagnose(socket: TcpSocket): Diagnosis {
  const death = typeof socket === 'number' ? undefined : deathOf(socket);
  if (death !== undefined) return deadSocket(death, death);
  refuseUnwatched(socket);
  const reading = readKernel(fdOf(socket));
  refuseUnconnected(reading.info.state);
  // The kernel has given up or both sides have finished, and the program has not read it yet: what it was can't be asked
  // without taking it away from Node.
  if (reading.info.state === 'closed') return deadSocket(reading, unread);
  return {
    state: judgeLiveness(reading.info, reading.keepalive),
    ...evidenceOf(reading),
  };
}

const unread: Cause = { reason: 'unread', errno: '', syscall: '' };

function deadSocket(reading: Reading, { reason, errno, syscall }: Cause): DeadSocket {
  return { state: 'dead', reason, errno, syscall, ...evidenceOf(reading) };
}

function evidenceOf({ info, keepalive }: Reading): SocketEvidence {
  const { probes, retransmits, notsent, lastAck, payloadIdle } = info;
  return { probes, retransmits, notsent, lastAck, payloadIdle, keepalive };
}

/** Only a descriptor can be of such a socket: there is no peer of which anything could be proven. */
function refuseUnconnected(state: TcpState): void {
  if (state !== 'listen' && state !== 'synSent') return;
  const what = state === 'listen' ? 'one that listens' : 'one that is connecting';
  throw new WarmlineError('WL_SOCKET', `diagnose: expected a connected TCP socket, got ${what}`);
}

function refuseUnwatched(socket: TcpSocket): void {
  if (!isClosed(socket)) return;
  throw new WarmlineError(
    'WL_SOCKET',
    'diagnose: expected a socket that is open or was watched, got one that is closed; ' +
      'call watch() or setKeepalive() while it is open',
  );
}
