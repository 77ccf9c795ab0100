// Loopback: a connection of this process with itself, to try things on.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { fdOf } from '../../sockets/fd.js';

/** One end of it. */
export interface LoopbackEnd {
  /** Borrowed: it is the socket's. */
  readonly fd: number;
  close(): void;
}

/** Opens one. Nothing is ever sent on it. */
export async function openLoopback(): Promise<LoopbackEnd> {
  const server = createServer((far) => far.once('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = await Promise.all([once(server, 'connection'), once(near, 'connect')]);
  return { fd: fdOf(near), close: () => closeAll(server, near, far as Socket) };
}

function closeAll(server: Server, ...ends: readonly Socket[]): void {
  for (const end of ends) end.destroy();
  server.close();
}
