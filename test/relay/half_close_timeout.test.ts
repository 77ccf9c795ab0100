// A half-closed session without payload ends; one with payload does not.

import { setTimeout as after } from 'node:timers/promises';
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('a half-closed session in which nothing is sent is reset on both legs', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address], halfCloseTimeout: 300 });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  client.finish();
  t.is(await client.readAll(), 'ECONNRESET');
  const closed = await relay.nextClosed();
  t.is(closed.reason, 'halfCloseTimeout');
  t.true(closed.duration >= 300, `after ${closed.duration} ms`);
  t.is(await server.readAll(), 'fin');
});

test.serial('payload in the open direction keeps a half-closed session', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address], halfCloseTimeout: 500 });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  client.finish();
  t.is(await server.readAll(), 'fin');
  // Twice the timeout, in steps below it.
  for (let i = 0; i < 10; i++) {
    await after(100);
    await server.write('.');
    await client.read(1);
  }
  server.finish();
  t.is(await client.readAll(), 'fin');
  t.is((await relay.nextClosed()).reason, 'clientFin');
});
