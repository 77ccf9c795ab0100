// Undici: connects on behalf of an undici Agent, with keepalive from the first moment. undici is no dependency: the shapes
// below are those that its connectors are called with.
import type { AgentOptions } from 'node:https';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { systemTimers, type Timers } from '../clock.js';
import type { Keepalive } from '../keepalive/policy.js';
import type { Milliseconds } from '../units.js';
import { applyOnceConnected } from './keepalive.js';

/** Where undici wants to be connected to. */
export interface UndiciOrigin {
  readonly hostname: string;
  /** 'http:' or 'https:'. */
  readonly protocol: string;
  /** '' for that of the protocol. */
  readonly port: string;
  /** What the request asks for by its `host` header; null, which is what most have, or left out for the hostname. */
  readonly servername?: string | null;
  readonly localAddress?: string | null;
  /** A connection through a proxy, to speak TLS over. */
  readonly httpSocket?: Socket;
}

/** What undici takes as `connect`: calls back once, with a socket that is ready or an error. */
export type UndiciConnect = (
  origin: UndiciOrigin,
  callback: (...outcome: [null, Socket] | [Error, null]) => void,
) => void;

/** What undici itself allows. */
const connectTimeout: Milliseconds = 10_000;

/** Makes a connector whose sockets have this keepalive; `options` are what `tls.connect` and `net.connect` take besides. */
export function undiciConnector(
  keepalive: Keepalive | null,
  options: AgentOptions,
  timers: Timers = systemTimers,
): UndiciConnect {
  return (origin, callback) => {
    const isTls = origin.protocol === 'https:';
    const socket = isTls ? openTls(origin, options) : openTcp(origin, options);
    applyOnceConnected(socket, keepalive);
    const late = new Error(`no connection to ${origin.hostname} within ${connectTimeout} ms`);
    const cancel = timers.after(connectTimeout, () => socket.destroy(late));
    const fail = (error: Error) => {
      cancel();
      callback(error, null);
    };
    socket.once('error', fail);
    socket.once(isTls ? 'secureConnect' : 'connect', () => {
      // It did not take its keepalive, and the error is under way.
      if (socket.destroyed) return;
      cancel();
      socket.off('error', fail);
      callback(null, socket);
    });
  };
}

function openTcp({ hostname, port, localAddress }: UndiciOrigin, options: AgentOptions): Socket {
  return connect({
    ...options,
    noDelay: true,
    host: hostname,
    port: Number(port || 80),
    ...(localAddress && { localAddress }),
  });
}

function openTls(origin: UndiciOrigin, options: AgentOptions): Socket {
  const { hostname, port, localAddress, httpSocket } = origin;
  const servername = origin.servername || options.servername || nameOf(hostname);
  const socket = connectTls({
    ...options,
    host: hostname,
    port: Number(port || 443),
    ALPNProtocols: ['http/1.1'],
    ...(servername && { servername }),
    ...(localAddress && { localAddress }),
    ...(httpSocket && { socket: httpSocket }),
  });
  return socket.setNoDelay();
}

/** An address can't be a server name (RFC 6066, 3). */
function nameOf(hostname: string): string {
  return isIP(hostname) === 0 ? hostname : '';
}
