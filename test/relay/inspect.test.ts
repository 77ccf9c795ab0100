// Live sessions on demand, with the keepalive read back from their sockets there and then.
import { connectTo } from '../helpers/connection.js';
import { startUnanswering } from '../helpers/dead_ends.js';
import { keepalive } from '../helpers/plans.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial(
  'a live session tells its addresses, its bytes and what the kernel holds for each leg',
  async (t) => {
    const upstream = await startUpstream(t);
    const other = { idle: 30, interval: 5, count: 2, userTimeout: 20_000 };
    const relay = startRelay(t, { endpoints: [upstream.address], upstream: other });
    const client = await connectTo(t, relay.port);
    const server = await upstream.accept();
    await client.write('twelve bytes');
    await server.read(12);
    const [session, ...others] = await relay.engine.inspect(10);
    t.deepEqual(others, []);
    t.like(session, {
      route: 'test',
      state: 'relaying',
      client: `127.0.0.1:${client.socket.localPort}`,
      upstream: `127.0.0.1:${server.socket.localPort}`,
      bytesToUpstream: 12,
      bytesToClient: 0,
      clientKeepalive: { enabled: true, ...keepalive },
      upstreamKeepalive: { enabled: true, ...other },
    });
    t.true((session?.age ?? -1) >= 0);
  },
);

test.serial('keepalive that is off is read back as off', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address], client: null, upstream: null });
  await connectTo(t, relay.port);
  await upstream.accept();
  const [session] = await relay.engine.inspect(1);
  t.false(session?.clientKeepalive?.enabled);
  t.false(session?.upstreamKeepalive?.enabled);
});

test.serial('a session that is being dialled has no upstream keepalive to read', async (t) => {
  const relay = startRelay(t, { endpoints: [await startUnanswering(t)] });
  await connectTo(t, relay.port);
  await relay.active(1);
  const [session] = await relay.engine.inspect(1);
  t.like(session, { state: 'dialing', clientKeepalive: { enabled: true, ...keepalive } });
});

test.serial('as many sessions as asked for are told, wherever they live', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  for (let i = 0; i < 7; i++) await connectTo(t, relay.port);
  await relay.active(7);
  t.is((await relay.engine.inspect(100)).length, 7);
  t.is((await relay.engine.inspect(7)).length, 7);
  t.is((await relay.engine.inspect(3)).length, 3);
  const ids = (await relay.engine.inspect(7)).map(({ session }) => session);
  t.is(new Set(ids).size, 7);
});
