// An RST from the client is an RST at the upstream.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('the upstream is reset, and the reason says who began', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  await client.write('before');
  t.is(String(await server.read(6)), 'before');
  client.reset();
  t.is(await server.readAll(), 'ECONNRESET');
  t.like(await relay.nextClosed(), { reason: 'clientReset', errno: 104, bytesToUpstream: 6 });
});

test.serial('a reset after a half-close is passed on as well', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  server.finish();
  t.is(await client.readAll(), 'fin');
  client.reset();
  t.is(await server.readAll(), 'ECONNRESET');
  t.is((await relay.nextClosed()).reason, 'clientReset');
});
