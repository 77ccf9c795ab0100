// An upstream that has finished sending still gets what the client has to say.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('late bytes of the client reach a server that has sent its FIN', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  await server.write('greeting');
  server.finish();
  t.is(String(await client.read(8)), 'greeting');
  t.is(await client.readAll(), 'fin');
  await client.write('late');
  t.is(String(await server.read(4)), 'late');
  client.finish();
  t.is(await server.readAll(), 'fin');
  t.like(await relay.nextClosed(), {
    reason: 'upstreamFin',
    bytesToUpstream: 4,
    bytesToClient: 8,
  });
});
