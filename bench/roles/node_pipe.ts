// Node pipe: a relay of Node's own parts, to compare with. It has one thread, whatever the workers of a run.
// usage: node_pipe.js PORTS    PORTS is JSON, a port by name; opens one in front of each and prints them the same way
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

async function relayTo(port: number): Promise<number> {
  const options = {
    noDelay: true,
    allowHalfOpen: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
  };
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

const upstream: Record<string, number> = JSON.parse(process.argv[2] ?? '{}');
const relays = Object.entries(upstream).map(async ([name, port]) => [name, await relayTo(port)]);
process.stdin.on('end', () => process.exit()).resume();
console.log(JSON.stringify(Object.fromEntries(await Promise.all(relays))));
