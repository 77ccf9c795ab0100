// Echo: an endpoint that sends back what it receives, so that the relay can be tried without a service behind it.
// Plain node:net: it stands beside the relay, on no session's path.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { formatAddress, type ListenAddress } from './config/address.js';
import { listenError } from './engine/listening.js';

export interface Echo {
  /** Where it listens, with the port that the kernel chose. */
  readonly address: ListenAddress;
  /** Stops listening and drops its connections. */
  close(): Promise<void>;
}

/** Starts an echo endpoint; WL_LISTEN when the address cannot be had. */
export async function startEchoOrThrow(address: ListenAddress): Promise<Echo> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.pipe(socket);
  });
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (cause) {
    const { errno = 0, syscall = '' } = cause as NodeJS.ErrnoException;
    throw listenError('the echo endpoint', formatAddress(address), { errno: -errno, syscall });
  }
  return {
    address:
      'path' in address ? address : { ...address, port: (server.address() as AddressInfo).port },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
