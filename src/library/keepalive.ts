// Keepalive: sets and reads what the kernel holds for one socket of the caller's.
import type { EffectiveKeepalive } from '../engine/contract.js';
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
  const keepalive = parseWish('setKeepalive', wish);
  const held = setKeepaliveOrThrow(native(), fdOf(socket), keepalive);
  if (typeof socket !== 'number') watchSocket(socket);
  return held;
}

/** What the kernel holds; where `enabled` is false the values are not in use. Throws WL_SOCKET. */
export function getKeepalive(socket: TcpSocket): EffectiveKeepalive {
  return getKeepaliveOrThrow(native(), fdOf(socket));
}

/** What the kernel knows of the connection: TCP_INFO of tcp(7), with units. Throws WL_SOCKET. */
export function getTcpInfo(socket: TcpSocket): TcpInfo {
  return getTcpInfoOrThrow(native(), fdOf(socket));
}
