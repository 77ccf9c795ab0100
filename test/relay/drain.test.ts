// Draining: no new session, those that live may end by themselves, and what is left at the limit is reset.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { listenerGone } from '../helpers/tcp_table.js';

test.serial('an open session finishes its exchange while new ones are refused', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  const drained = relay.engine.drain(20_000);
  await listenerGone(relay.port);
  await t.throwsAsync(connectTo(t, relay.port), { code: 'ECONNREFUSED' });
  await client.write('ask');
  t.is(String(await server.read(3)), 'ask');
  client.finish();
  t.is(await server.readAll(), 'fin');
  server.finish();
  t.true(await drained);
  t.is((await relay.nextClosed()).reason, 'clientFin');
});

test.serial('draining is over at once when no session is open', async (t) => {
  const relay = startRelay(t, {});
  t.true(await relay.engine.drain(20_000));
});

test.serial('a session that outlasts the limit is reset by the close that follows', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  t.false(await relay.engine.drain(100));
  relay.engine.close();
  t.is((await relay.nextClosed()).reason, 'drained');
  t.is(await client.readAll(), 'ECONNRESET');
  t.is(await server.readAll(), 'ECONNRESET');
});

test.serial('a drain in the middle of a large answer delivers it whole', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  const size = 30 * 1024 * 1024;
  server.socket.end(Buffer.alloc(size));
  await client.read(1);
  const drained = relay.engine.drain(20_000);
  let count = 1;
  const ending = await client.readAll((chunk) => {
    count += chunk.length;
  });
  t.deepEqual([ending, count], ['fin', size]);
  client.finish();
  t.true(await drained);
});
