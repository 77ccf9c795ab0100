// Node sockets: connections of node:net, node:tls and node:http to servers of the test's own, for the length of a test.
import { Agent, createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
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

/** Both ends of a connection. */
export interface Pair<End extends Socket = Socket> {
  readonly client: End;
  readonly server: Socket;
}

/** A TCP connection. */
export async function connectedPair(t: ExecutionContext): Promise<Pair> {
  const listener = createServer();
  const port = await listen(t, listener);
  const accepted = nextEvent(listener, 'connection');
  const client = connect(port, '127.0.0.1');
  t.teardown(() => client.destroy());
  await nextEvent(client, 'connect');
  const [server] = (await accepted) as [Socket];
  return { client, server };
}

/** A TLS connection to an echo server, whose other end is a plain socket on the way there. */
export async function connectedTls(t: ExecutionContext): Promise<Pair<TLSSocket>> {
  const tlsPort = await listen(
    t,
    createTlsServer(testIdentity, (socket) => socket.on('error', () => {}).pipe(socket)),
  );
  const middle = createServer((socket) => {
    const onward = connect(tlsPort, '127.0.0.1');
    t.teardown(() => onward.destroy());
    onward.on('error', () => {});
    socket.pipe(onward).pipe(socket);
  });
  const port = await listen(t, middle);
  const accepted = nextEvent(middle, 'connection');
  const client = connectTls({ port, host: '127.0.0.1', ca: testIdentity.cert });
  t.teardown(() => client.destroy());
  await nextEvent(client, 'secureConnect');
  const [server] = (await accepted) as [Socket];
  return { client, server };
}

/** The socket of a request that an agent of node:http made and that was answered; it is idle in the agent's pool. */
export async function connectedAgentSocket(t: ExecutionContext): Promise<Pair> {
  const listener = createHttpServer((_, response) => response.end('hello'));
  const port = await listen(t, listener);
  const accepted = nextEvent(listener, 'connection');
  const agent = new Agent({ keepAlive: true });
  t.teardown(() => agent.destroy());
  const asked = request({ port, host: '127.0.0.1', agent }).end();
  const [response] = (await nextEvent(asked, 'response')) as [IncomingMessage];
  const client = response.socket;
  response.resume();
  await nextEvent(agent, 'free');
  const [server] = (await accepted) as [Socket];
  return { client, server };
}
