// Node pipe: the relay that one would write in a minute, to compare with.
// usage: node_pipe.js ECHO_PORT SOURCE_PORT    opens a port for each and tells which over its IPC channel
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

async function relayTo(port: number): Promise<number> {
  const options = { noDelay: true, allowHalfOpen: true };
  const server = createServer(options, (client) => {
    const upstream = connect({ ...options, port, host: '127.0.0.1' });
    join(client, upstream);
    join(upstream, client);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 });
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function join(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.destroy());
}

const [echo = 0, source = 0] = process.argv.slice(2).map(Number);
process.on('disconnect', () => process.exit());
process.send?.({ echo: await relayTo(echo), source: await relayTo(source) });
