// Node sockets: connections of node:net, node:tls and node:http to servers of the test's own, for the length of a test.
import { Agent, createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { readText } from './repository.js';
import { nextEvent } from './waiting.js';

/** For localhost and 127.0.0.1, signed by itself, until 2126. */
export const testIdentity = {
  cert: readText('test/fixtures/tls/cert.pem'),
  key: readText('test/fixtures/tls/key.pem'),
};

/** Has a server listen on a free port of 127.0.0.1. */
export async function listen(t: ExecutionContext, server: Server): Promise<Port> {
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => {});
    t.teardown(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await nextEvent(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** Both ends of a TCP connection. */
export async function connectedPair(
  t: ExecutionContext,
): Promise<{ readonly client: Socket; readonly server: Socket }> {
  const listener = createServer();
  const port = await listen(t, listener);
  const accepted = nextEvent(listener, 'connection');
  const client = connect(port, '127.0.0.1');
  t.teardown(() => client.destroy());
  await nextEvent(client, 'connect');
  const [server] = (await accepted) as [Socket];
  return { client, server };
}

/** The client's end of a TLS connection to an echo server. */
export async function connectedTls(t: ExecutionContext): Promise<TLSSocket> {
  const port = await listen(
    t,
    createTlsServer(testIdentity, (socket) => socket.pipe(socket)),
  );
  const socket = connectTls({ port, host: '127.0.0.1', ca: testIdentity.cert });
  t.teardown(() => socket.destroy());
  await nextEvent(socket, 'secureConnect');
  return socket;
}

/** The socket of a request that an agent of node:http made and that was answered. */
export async function connectedAgentSocket(t: ExecutionContext): Promise<Socket> {
  const port = await listen(
    t,
    createHttpServer((_, response) => response.end('hello')),
  );
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const asked = request({ port, host: '127.0.0.1', agent }).end();
  const [response] = (await nextEvent(asked, 'response')) as [{ socket: Socket; resume(): void }];
  const { socket } = response;
  response.resume();
  await nextEvent(agent, 'free');
  return socket;
}
