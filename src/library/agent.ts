// Agent: connections for HTTP clients whose sockets have their keepalive from the first moment and keep it in the pool.
// Node's own agents set 1 s, 1 s and 10 probes each time a socket returns there.
import { type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Keepalive } from '../keepalive/policy.js';
import { applyKeepalive, applyOnceConnected } from './keepalive.js';
import { type UndiciConnect, undiciConnector } from './undici.js';
import { type KeepaliveWish, parseWish } from './wish.js';

/** One wish for every HTTP client: each takes the part that it understands. */
export interface KeepaliveAgent {
  /** For `http.request` and what stands on it. */
  readonly http: HttpAgent;
  /** For `https.request` and what stands on it. */
  readonly https: HttpsAgent;
  /** For undici and fetch: `new undici.Agent({ connect: agent.connect })`. */
  readonly connect: UndiciConnect;
  /** Closes the sockets of the two agents, idle or not. */
  destroy(): void;
}

/**
 * Makes agents that give each of their sockets this keepalive. `options` are those of `new https.Agent`; HTTP keep-alive is
 * on unless they say otherwise. Throws WL_ARGUMENT. A socket that does not take it fails its request.
 */
export function keepaliveAgent(
  wish: KeepaliveWish = {},
  options: AgentOptions = {},
): KeepaliveAgent {
  const keepalive = parseWish('keepaliveAgent', wish);
  const http = attend(new HttpAgent({ keepAlive: true, ...options }), keepalive);
  const https = attend(new HttpsAgent({ keepAlive: true, ...options }), keepalive);
  return {
    http,
    https,
    connect: undiciConnector(keepalive, options),
    destroy() {
      http.destroy();
      https.destroy();
    },
  };
}

/** Both methods are documented as made to be overridden. */
function attend<A extends HttpAgent>(agent: A, keepalive: Keepalive | null): A {
  const { createConnection, keepSocketAlive } = agent;
  const attended = new WeakSet<Duplex>();
  agent.createConnection = (options: ClientRequestArgs, callback) => {
    const socket = createConnection.call(agent, options, callback);
    // A unix socket has no keepalive, and needs none.
    if (socket instanceof Socket && !options.socketPath) {
      attended.add(socket);
      applyOnceConnected(socket, keepalive);
    }
    return socket;
  };
  agent.keepSocketAlive = (socket) => {
    // A boolean, whatever its type says; false has the socket closed.
    const isKept: unknown = keepSocketAlive.call(agent, socket);
    return isKept && (!attended.has(socket) || takesAgain(socket as Socket, keepalive));
  };
  return agent;
}

/** After Node has set its own. */
function takesAgain(socket: Socket, keepalive: Keepalive | null): boolean {
  try {
    applyKeepalive(socket, keepalive);
    return true;
  } catch {
    return false;
  }
}
