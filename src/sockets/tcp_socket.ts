// TcpSocket: keepalive and TCP_INFO of one socket that somebody else owns, by its file descriptor. What is set is read
// back. Never closes a descriptor and never keeps one.
import type { EffectiveKeepalive, EngineFailure, EngineKeepalive } from '../engine/contract.js';
import { errnoName } from '../engine/errno.js';
import type { RawTcpInfo, SocketCalls } from '../engine/socket_calls.js';
import { findMismatch } from '../engine/verify.js';
import { WarmlineError } from '../errors.js';

/** The state of a connection, by its number in include/net/tcp_states.h. */
const tcpStates = [
  'unknown',
  'established',
  'synSent',
  'synReceived',
  'finWait1',
  'finWait2',
  'timeWait',
  'closed',
  'closeWait',
  'lastAck',
  'listen',
  'closing',
  'newSynReceived',
] as const;

export type TcpState = (typeof tcpStates)[number];

/** The name of a state's number. */
export function tcpStateName(state: number): TcpState {
  return tcpStates[state] ?? 'unknown';
}

export interface TcpInfo extends Omit<RawTcpInfo, 'state'> {
  readonly state: TcpState;
}

/**
 * Sets idle, interval, count and user timeout, null turning keepalive and user timeout off, and returns what the kernel
 * holds then. Throws WL_SOCKET, and WL_KEEPALIVE_REFUSED when the kernel holds anything else.
 */
export function setKeepaliveOrThrow(
  calls: Pick<SocketCalls, 'setKeepalive'>,
  fd: number,
  keepalive: EngineKeepalive | null,
): EffectiveKeepalive {
  const result = calls.setKeepalive(fd, keepalive);
  if (!result.ok) refuseOtherThanTcp(fd, result.failure);
  const mismatch = findMismatch(keepalive, result);
  if (result.ok && mismatch === undefined) return result.effective;
  throw new WarmlineError('WL_KEEPALIVE_REFUSED', `fd ${fd}: ${mismatch}`);
}

/** What the kernel holds; without SO_KEEPALIVE the values are not in use. Throws WL_SOCKET. */
export function getKeepaliveOrThrow(
  calls: Pick<SocketCalls, 'getKeepalive'>,
  fd: number,
): EffectiveKeepalive {
  const result = calls.getKeepalive(fd);
  if (result.ok) return result.effective;
  refuseOtherThanTcp(fd, result.failure);
  throw unexpected(fd, result.failure);
}

/** TCP_INFO, which a connection that has died keeps until it is closed. Throws WL_SOCKET. */
export function getTcpInfoOrThrow(calls: Pick<SocketCalls, 'getTcpInfo'>, fd: number): TcpInfo {
  const result = calls.getTcpInfo(fd);
  if (result.ok) {
    const { info } = result;
    return { ...info, state: tcpStateName(info.state) };
  }
  refuseOtherThanTcp(fd, result.failure);
  throw unexpected(fd, result.failure);
}

/** What a descriptor is when TCP's options are refused so: getsockopt(2), and ip(7) for another protocol. */
const otherThanTcp: Readonly<Record<string, string>> = {
  EBADF: 'a descriptor that is not open',
  ENOTSOCK: 'a descriptor of something else',
  ENOTSUP: 'a socket of another kind', // what Node calls EOPNOTSUPP
  ENOPROTOOPT: 'a socket of another kind',
};

function refuseOtherThanTcp(fd: number, { errno, syscall }: EngineFailure): void {
  const what = otherThanTcp[errnoName(errno)];
  if (what === undefined) return;
  throw new WarmlineError(
    'WL_SOCKET',
    `fd ${fd}: expected an open TCP socket, got ${what} (${errnoName(errno)} from ${syscall})`,
  );
}

function unexpected(fd: number, { errno, syscall }: EngineFailure): WarmlineError {
  return new WarmlineError('WL_ENGINE', `fd ${fd}: ${syscall} gave ${errnoName(errno)}`);
}
