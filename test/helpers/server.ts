// Server: an upstream under a test's hand.
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net';
import type { ExecutionContext } from 'ava';
import { startEchoOrThrow } from '../../src/echo.js';
import type { EngineAddress } from '../../src/engine/contract.js';
import { Connection } from './connection.js';
import { guardFds } from './fds.js';
import { nextEvent, until } from './waiting.js';

export class Upstream {
  readonly #server: Server;
  readonly #waiting: Connection[] = [];
  /** How many connections there have been. */
  accepted = 0;

  /** Takes ownership of a listening server. */
  constructor(t: ExecutionContext, server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      this.accepted += 1;
      this.#waiting.push(new Connection(t, socket));
    });
    t.teardown(() => this.close());
  }

  /** Where it listens. */
  get address(): EngineAddress {
    const address = this.#server.address() as AddressInfo | string;
    if (typeof address === 'string') return { path: address };
    return { host: address.address, port: address.port };
  }

  /** The next connection, in the order of arrival. */
  accept(): Promise<Connection> {
    return until('connection to the upstream', () => this.#waiting.shift());
  }

  /** Refuses new connections from now on; those that stand go on. */
  close(): void {
    this.#server.close();
  }
}

/** Starts an upstream on a free port of 127.0.0.1, or elsewhere. */
export async function startUpstream(
  t: ExecutionContext,
  at: ListenOptions = { host: '127.0.0.1', port: 0 },
): Promise<Upstream> {
  guardFds(t);
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true });
  server.listen({ backlog: 4096, ...at });
  await nextEvent(server, 'listening');
  return new Upstream(t, server);
}

/** Starts an echo endpoint, warmline's own, on a free port of 127.0.0.1 or elsewhere; returns where it listens. */
export async function startEcho(
  t: ExecutionContext,
  at: EngineAddress = { host: '127.0.0.1', port: 0 },
): Promise<EngineAddress> {
  guardFds(t);
  const echo = await startEchoOrThrow(at);
  t.teardown(() => echo.close());
  return echo.address;
}
