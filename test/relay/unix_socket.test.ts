// Unix sockets on either side: relayed like TCP, keepalive not applicable, the file gone after the close.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { connectTo } from '../helpers/connection.js';
import { keepalive } from '../helpers/plans.js';
import { startRelay } from '../helpers/relay.js';
import { startEcho, startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';

test.serial(
  'a session over two unix sockets relays, half-closes and tells no keepalive',
  async (t) => {
    const folder = temporaryFolder(t);
    const upstream = await startUpstream(t, { path: join(folder, 'upstream') });
    const path = join(folder, 'relay');
    const relay = startRelay(t, { listeners: [{ path }], endpoints: [upstream.address] });
    t.is(relay.listeners[0]?.address, `unix:${path}`);
    const client = await connectTo(t, { path });
    const server = await upstream.accept();
    await client.write('question');
    client.finish();
    t.is(String(await server.read(8)), 'question');
    t.is(await server.readAll(), 'fin');
    server.socket.end('answer');
    t.is(String(await client.read(6)), 'answer');
    t.is(await client.readAll(), 'fin');
    t.like(await relay.nextClosed(), {
      reason: 'clientFin',
      upstream: `unix:${folder}/upstream`,
      bytesToUpstream: 8,
      bytesToClient: 6,
      clientKeepalive: null,
      upstreamKeepalive: null,
    });
  },
);

test.serial('a TCP leg of a mixed session tells its keepalive, the other leg none', async (t) => {
  const upstream = await startUpstream(t, { path: join(temporaryFolder(t), 'upstream') });
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  client.finish();
  server.finish();
  t.is(await client.readAll(), 'fin');
  const closed = await relay.nextClosed();
  t.deepEqual(closed.clientKeepalive, keepalive);
  t.is(closed.upstreamKeepalive, null);
});

test.serial(
  'the file of a listener is removed by its close, and not taken while it listens',
  (t) => {
    const path = join(temporaryFolder(t), 'relay');
    const first = startRelay(t, { listeners: [{ path }] });
    t.true(existsSync(path));
    t.throws(() => startRelay(t, { listeners: [{ path }] }), { code: 'WL_LISTEN' });
    first.engine.close();
    t.false(existsSync(path));
  },
);

test.serial('a socket file that a crash has left behind is taken over', async (t) => {
  const path = join(temporaryFolder(t), 'relay');
  const crash = 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
  execFileSync('python3', ['-c', crash, path]);
  t.true(existsSync(path));
  startRelay(t, { listeners: [{ path }], endpoints: [await startEcho(t)] });
  const client = await connectTo(t, { path });
  await client.write('taken over');
  t.is(String(await client.read(10)), 'taken over');
});
