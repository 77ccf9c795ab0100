// Upstream: the process that the relays dial, with a port that echoes and a port that sends without end.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

const chunk = Buffer.alloc(256 * 1024, 'w');

function echo(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
}

function source(socket: Socket): void {
  const fill = () => {
    while (socket.writable && socket.write(chunk));
  };
  // A reader that has enough resets the connection.
  socket.on('error', () => socket.destroy());
  socket.on('drain', fill);
  socket.resume();
  fill();
}

async function listen(serve: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ noDelay: true, allowHalfOpen: false }, serve);
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

process.on('disconnect', () => process.exit());
process.send?.({ echo: await listen(echo), source: await listen(source) });
