// Diagnose where something stands on the socket: TLS, an agent, a session of HTTP/2.
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { diagnose, getKeepalive, getTcpInfo, setKeepalive, watch } from '../../src/index.js';
import { closed, dead } from '../helpers/diagnosed.js';
import {
  connectedAgentSocket,
  connectedTls,
  listen,
  testIdentity,
} from '../helpers/node_sockets.js';
import { test } from '../helpers/steady.js';
import { nextEvent, within } from '../helpers/waiting.js';

test('a TLS socket that is reset is told so', async (t) => {
  const { client, server } = await connectedTls(t);
  watch(client);
  client.on('error', () => {});
  // What TLS itself still had to say is read before the reset.
  client.write('question');
  await nextEvent(client, 'data');
  server.resetAndDestroy();
  await closed(client);
  t.like(dead(t, client), { reason: 'reset', errno: 'ECONNRESET', syscall: 'read' });
});

test('a TLS socket whose peer finishes is told so', async (t) => {
  const { client, server } = await connectedTls(t);
  watch(client);
  client.resume();
  server.end();
  await closed(client);
  t.is(dead(t, client).reason, 'fin');
});

test('TLS over a socket that was connected before knows of the death, and the plain socket does not', async (t) => {
  const listener = createTlsServer(testIdentity, (socket) => socket.on('error', () => {}));
  const port = await listen(t, listener);
  const accepted = nextEvent(listener, 'connection');
  const secured = nextEvent(listener, 'secureConnection');
  const plain = connect(port, '127.0.0.1');
  t.teardown(() => plain.destroy());
  await nextEvent(plain, 'connect');
  setKeepalive(plain);
  const client = connectTls({ socket: plain, ca: testIdentity.cert, servername: 'localhost' });
  t.teardown(() => client.destroy());
  client.on('error', () => {});
  await nextEvent(client, 'secureConnect');
  watch(client);
  await secured;
  const [server] = (await accepted) as [Socket];
  client.resume();
  server.resetAndDestroy();
  await Promise.all([closed(client), closed(plain)]);
  t.is(dead(t, client).reason, 'reset');
  t.is(dead(t, plain).reason, 'destroyed');
});

test('an idle socket of an http.Agent that is reset is told so', async (t) => {
  const { client, server } = await connectedAgentSocket(t);
  setKeepalive(client);
  server.resetAndDestroy();
  await closed(client);
  t.is(dead(t, client).reason, 'reset');
});

test('an idle socket of an http.Agent that keeps the reset to itself is told so', async (t) => {
  const { client, server } = await connectedAgentSocket(t);
  setKeepalive(client);
  // As Node 22.23 and 24.21 do by themselves.
  const handle = (client as unknown as { _handle: { onread: () => void } })._handle;
  handle.onread = function freeSocketOnReadGuard() {
    client.destroy();
  };
  server.resetAndDestroy();
  await closed(client);
  t.is(dead(t, client).reason, 'reset');
});

test('an idle socket of an http.Agent that is destroyed is told so', async (t) => {
  const { client } = await connectedAgentSocket(t);
  setKeepalive(client);
  client.destroy();
  await closed(client);
  t.is(dead(t, client).reason, 'destroyed');
});

test('the socket of an HTTP/2 session is set, diagnosed while it lives and when it has died', async (t) => {
  const listener = createHttp2Server();
  const port = await listen(t, listener);
  const accepted = nextEvent(listener, 'connection');
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  t.teardown(() => session.destroy());
  session.on('error', () => {});
  await nextEvent(session, 'connect');
  const { socket } = session;
  t.is(setKeepalive(socket, { idle: '45s' }).idle, 45);
  t.is(diagnose(socket).state, 'proven');
  const [server] = (await accepted) as [Socket];
  const ended = new Promise<void>((resolve) => session.once('close', () => resolve()));
  server.destroy();
  await within('close', ended);
  t.is(dead(t, socket).keepalive.idle, 45);
});

test('the socket of an HTTP/2 session that has ended is refused as one that is closed', async (t) => {
  const port = await listen(t, createHttp2Server());
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  await nextEvent(session, 'connect');
  const { socket } = session;
  session.destroy();
  await nextEvent(session, 'close');
  for (const ask of [diagnose, watch, setKeepalive, getKeepalive, getTcpInfo]) {
    t.throws(() => void ask(socket), { code: 'WL_SOCKET', message: /got one that is closed/ });
  }
});
