// What Node does by itself, which docs/toolkit/library.md tells: read back from the kernel.
import { connect, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { getKeepalive, setKeepalive } from '../../src/index.js';
import { connectedAgentSocket, connectedPair, listen } from '../helpers/node_sockets.js';
import { test } from '../helpers/steady.js';
import { nextEvent } from '../helpers/waiting.js';

/** The system's values, which a socket has until somebody sets others. */
async function systemValues(t: ExecutionContext): Promise<readonly number[]> {
  return held((await connectedPair(t)).client)
    .slice(1)
    .map(Number);
}

test('a socket of Node has no keepalive unless it is asked for', async (t) => {
  const { client, server } = await connectedPair(t);
  for (const socket of [client, server]) t.false(getKeepalive(socket).enabled);
});

test('setKeepAlive sets a delay in whole seconds, an interval of 1 s and 10 probes', async (t) => {
  const { client } = await connectedPair(t);
  client.setKeepAlive(true, 45_000);
  t.deepEqual(held(client), [true, 45, 1, 10]);
  client.setKeepAlive(true, 46_999);
  t.deepEqual(held(client), [true, 46, 1, 10]);
});

test('setKeepAlive with less than a second leaves the values of the system, and says nothing', async (t) => {
  const { client } = await connectedPair(t);
  client.setKeepAlive(true, 500);
  t.deepEqual(held(client), [true, ...(await systemValues(t))]);
});

test('setKeepAlive between connect() and its event holds from the event on', async (t) => {
  const port = await listen(t, createServer());
  const early = connect(port, '127.0.0.1');
  t.teardown(() => early.destroy());
  early.setKeepAlive(true, 45_000);
  await nextEvent(early, 'connect');
  t.deepEqual(held(early), [true, 45, 1, 10]);
});

test('options of connect() and of createServer() are set as setKeepAlive sets them', async (t) => {
  const options = { keepAlive: true, keepAliveInitialDelay: 45_000 };
  const listener = createServer(options);
  const port = await listen(t, listener);
  const accepted = nextEvent(listener, 'connection');
  const client = connect({ port, host: '127.0.0.1', ...options });
  t.teardown(() => client.destroy());
  await nextEvent(client, 'connect');
  const [server] = (await accepted) as [Socket];
  for (const socket of [client, server]) t.deepEqual(held(socket), [true, 45, 1, 10]);
});

test('an http.Agent with keepAlive probes idle sockets after a second, 10 times, whatever was set before', async (t) => {
  const { client } = await connectedAgentSocket(t);
  t.deepEqual(held(client), [true, 1, 1, 10]);
});

test('what setKeepalive has set is overwritten by a later setKeepAlive of Node, but not the user timeout', async (t) => {
  const { client } = await connectedPair(t);
  setKeepalive(client, { idle: '60s', interval: '10s', count: 3 });
  client.setKeepAlive(true, 1000);
  t.deepEqual(held(client), [true, 1, 1, 10]);
  t.is(getKeepalive(client).userTimeout, 90_000);
});

function held(socket: Socket): readonly [boolean, number, number, number] {
  const { enabled, idle, interval, count } = getKeepalive(socket);
  return [enabled, idle, interval, count];
}
