// Audited: sockets of the test itself whose options are known, and what an audit says of them.
import { connect, createServer, type ListenOptions, type Server, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { loadAddon } from '../../src/engine/addon.js';
import type { EngineKeepalive } from '../../src/engine/contract.js';
import { type AuditOptions, audit, auditedMachine } from '../../src/toolkit/audit/audit.js';
import type {
  AuditedConnection,
  AuditedListener,
  AuditReport,
} from '../../src/toolkit/audit/report.js';
import type { Port } from '../../src/units.js';
import { nextEvent } from './waiting.js';

const { setKeepalive } = loadAddon();

/** A connection of this process to itself, and the port that it was accepted on. */
export interface Pair {
  readonly server: Server;
  readonly port: Port;
  readonly client: Socket;
  /** The port of the client's end. */
  readonly clientPort: Port;
  readonly accepted: Socket;
}

/** Connects; with `inherited` the listener has that keepalive before it accepts. */
export async function connectPair(
  t: ExecutionContext,
  { at = { host: '127.0.0.1', port: 0 }, inherited }: PairOptions = {},
): Promise<Pair> {
  const server = createServer({ allowHalfOpen: true }).listen(at);
  await nextEvent(server, 'listening');
  if (inherited !== undefined) setKeepalive(fdOf(server), inherited);
  const { port } = server.address() as { port: Port };
  const arrival = nextEvent(server, 'connection');
  const client = connect({ host: at.client ?? at.host ?? '127.0.0.1', port, allowHalfOpen: true });
  const [accepted] = (await arrival) as [Socket];
  await (client.connecting ? nextEvent(client, 'connect') : undefined);
  t.teardown(() => {
    server.close();
    for (const socket of [client, accepted]) socket.destroy();
  });
  return { server, port, client, clientPort: client.localPort ?? 0, accepted };
}

interface PairOptions {
  readonly at?: ListenOptions & { readonly client?: string };
  readonly inherited?: EngineKeepalive;
}

/** Sets keepalive on an end of a pair. */
export function keepWarm(socket: Socket, keepalive: EngineKeepalive): void {
  const result = setKeepalive(fdOf(socket), keepalive);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
}

/** Audits this process, what stays on this machine included, unless told otherwise. */
export function auditSelf(options: AuditOptions = {}): AuditReport {
  return audit({ pid: process.pid, all: true, ...options }, auditedMachine());
}

/** The one connection whose own end has this port. */
export function connectionOn(report: AuditReport, port: Port): AuditedConnection {
  const found = report.connections.filter(
    ({ local, verdict }) => local.endsWith(`:${port}`) && verdict !== 'none',
  );
  if (found.length !== 1) throw new Error(`${found.length} connections on port ${port}`);
  return found[0] as AuditedConnection;
}

/** The one listener on a port. */
export function listenerOn(report: AuditReport, port: Port): AuditedListener {
  const found = report.listeners.filter((listener) => listener.port === port);
  if (found.length !== 1) throw new Error(`${found.length} listeners on port ${port}`);
  return found[0] as AuditedListener;
}

/** Node tells no descriptor but by this handle. */
function fdOf(handle: Server | Socket): number {
  return (handle as unknown as { _handle: { fd: number } })._handle.fd;
}
