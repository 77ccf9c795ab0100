// Keepalive: sets and reads what the kernel holds for one socket of the caller's.
import type { Socket } from 'node:net';
import type { EffectiveKeepalive } from '../engine/contract.js';
import type { Keepalive } from '../keepalive/policy.js';
import { fdOf, type TcpSocket } from '../sockets/fd.js';
import {
  getKeepaliveOrThrow,
  getTcpInfoOrThrow,
  setKeepaliveOrThrow,
  type TcpInfo,
} from '../sockets/tcp_socket.js';
import { native } from './native.js';
import { watchSocket } from './post_mortem.js';
import { type KeepaliveWish, parseWish } from './wish.js';

/**
 * Sets all four values, or turns keepalive and user timeout off, and returns what the kernel holds then, read back. A
 * socket, but no descriptor, is watched from then on. Throws WL_ARGUMENT for a wrong wish, WL_SOCKET for a socket that is
 * not a connected TCP socket, and WL_KEEPALIVE_REFUSED when the kernel holds anything else.
 */
export function setKeepalive(socket: TcpSocket, wish: KeepaliveWish = {}): EffectiveKeepalive {
  return applyKeepalive(socket, parseWish('setKeepalive', wish));
}

/** The same for a wish that was parsed before. Throws WL_SOCKET and WL_KEEPALIVE_REFUSED. */
export function applyKeepalive(socket: TcpSocket, keepalive: Keepalive | null): EffectiveKeepalive {
  const held = setKeepaliveOrThrow(native(), fdOf(socket), keepalive);
  if (typeof socket !== 'number') watchSocket(socket);
  return held;
}

/** The same, for a socket that is connecting once it is connected. One that does not take it is destroyed with the error. */
export function applyOnceConnected(socket: Socket, keepalive: Keepalive | null): void {
  const apply = () => {
    try {
      applyKeepalive(socket, keepalive);
    } catch (error) {
      socket.destroy(error as Error);
    }
  };
  if (socket.connecting) socket.once('connect', apply);
  else apply();
}

/** What the kernel holds; where `enabled` is false the values are not in use. Throws WL_SOCKET. */
export function getKeepalive(socket: TcpSocket): EffectiveKeepalive {
  return getKeepaliveOrThrow(native(), fdOf(socket));
}

/** What the kernel knows of the connection: TCP_INFO of tcp(7), with units. Throws WL_SOCKET. */
export function getTcpInfo(socket: TcpSocket): TcpInfo {
  return getTcpInfoOrThrow(native(), fdOf(socket));
}
