// A client that has finished sending still gets its answer.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('the answer to a client that has sent its FIN arrives', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  await client.write('question');
  client.finish();
  t.is(String(await server.read(8)), 'question');
  t.is(await server.readAll(), 'fin');
  await server.write('answer');
  t.is(String(await client.read(6)), 'answer');
  server.finish();
  t.is(await client.readAll(), 'fin');
  t.like(await relay.nextClosed(), {
    reason: 'clientFin',
    errno: 0,
    bytesToUpstream: 8,
    bytesToClient: 6,
  });
});

test.serial(
  'a client that sends all and its FIN before the upstream is connected loses nothing',
  async (t) => {
    const upstream = await startUpstream(t);
    const relay = startRelay(t, { endpoints: [upstream.address] });
    const client = await connectTo(t, relay.port);
    client.socket.end('question');
    const server = await upstream.accept();
    t.is(String(await server.read(8)), 'question');
    t.is(await server.readAll(), 'fin');
  },
);
