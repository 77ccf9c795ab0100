// A client that closes is seen at the upstream at once.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { within } from '../helpers/waiting.js';

test.serial('the upstream sees the end within a second', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  client.socket.destroy();
  t.is(await within('end at the upstream', server.readAll(), 1_000), 'fin');
});

test.serial('an upstream that goes on writing to a client that has closed is reset', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  client.socket.destroy();
  t.is(await server.readAll(), 'fin');
  await server.write('anybody there?');
  t.is((await relay.nextClosed()).reason, 'clientReset');
});
