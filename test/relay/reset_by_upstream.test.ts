// An RST from the upstream is an RST at the client, never a clean end.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('the client is reset, and the reason says who began', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  await server.write('before');
  t.is(String(await client.read(6)), 'before');
  server.reset();
  t.is(await client.readAll(), 'ECONNRESET');
  t.like(await relay.nextClosed(), { reason: 'upstreamReset', errno: 104, bytesToClient: 6 });
});

test.serial('a reset after a half-close is passed on as well', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  client.finish();
  t.is(await server.readAll(), 'fin');
  server.reset();
  t.is(await client.readAll(), 'ECONNRESET');
  t.is((await relay.nextClosed()).reason, 'upstreamReset');
});
