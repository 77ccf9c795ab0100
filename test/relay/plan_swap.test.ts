// A second plan under traffic: what stays goes on, what is gone refuses, and a plan that fails changes nothing.
import { type Connection, connectTo } from '../helpers/connection.js';
import { planOf, routeOf } from '../helpers/plans.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { listenerGone } from '../helpers/tcp_table.js';

test.serial(
  'an old session goes on after its route is gone, and its listener refuses',
  async (t) => {
    const upstream = await startUpstream(t);
    const relay = startRelay(t, { name: 'old', endpoints: [upstream.address] });
    const oldPort = relay.port;
    const client = await connectTo(t, oldPort);
    const server = await upstream.accept();
    const elsewhere = { host: '127.0.0.2', port: 0 };
    const newRoute = { name: 'new', listeners: [elsewhere], endpoints: [upstream.address] };
    relay.apply(planOf(routeOf(newRoute)));
    await listenerGone(oldPort);
    await t.throwsAsync(connectTo(t, oldPort), { code: 'ECONNREFUSED' });
    await exchange(client, server);
    const fresh = await connectTo(t, { ...elsewhere, port: relay.port });
    await exchange(fresh, await upstream.accept());
    client.finish();
    t.is(await server.readAll(), 'fin');
    server.finish();
    t.like(await relay.nextClosed(), { route: 'old', reason: 'clientFin' });
  },
);

test.serial(
  'a listener that both plans have is kept, and new sessions follow the new plan',
  async (t) => {
    const [first, second] = [await startUpstream(t), await startUpstream(t)];
    const listeners = [{ host: '127.0.0.1', port: 0 }];
    const relay = startRelay(t, { listeners, endpoints: [first.address] });
    const { port } = relay;
    const old = await connectTo(t, port);
    const oldServer = await first.accept();
    relay.apply(planOf(routeOf({ listeners, endpoints: [second.address], client: null })));
    t.is(relay.port, port);
    const next = await connectTo(t, port);
    await exchange(next, await second.accept());
    await exchange(old, oldServer);
    const sessions = await relay.engine.inspect(10);
    const enabled = sessions.map(({ clientKeepalive }) => clientKeepalive?.enabled);
    t.deepEqual(enabled.sort(), [false, true]);
  },
);

test.serial('a plan with a listener that cannot be had leaves the old plan running', async (t) => {
  const [upstream, holder] = [await startUpstream(t), await startUpstream(t)];
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const { port } = relay;
  const bad = planOf(
    routeOf({ name: 'free', endpoints: [holder.address] }),
    routeOf({ name: 'taken', listeners: [holder.address] }),
  );
  t.throws(() => relay.apply(bad), { code: 'WL_LISTEN', message: /^route taken: .*EADDRINUSE/ });
  const client = await connectTo(t, port);
  await exchange(client, await upstream.accept());
  t.deepEqual(
    relay.engine.stats().routes.map(({ route }) => route),
    ['test'],
  );
});

test.serial('50 plans in a row lose none of the records that are being relayed', async (t) => {
  const upstream = await startUpstream(t);
  const listeners = [{ host: '127.0.0.1', port: 0 }];
  const relay = startRelay(t, { listeners, endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  const records = Buffer.alloc(65_535 * 4);
  for (let i = 0; i < 65_535; i++) records.writeUInt32BE(i, i * 4);
  const received = server.read(records.length);
  for (let i = 0; i < 50; i++) {
    relay.apply(
      planOf(routeOf({ listeners, endpoints: [upstream.address], connectTimeout: 1_000 + i })),
    );
    const share = Math.ceil(records.length / 50);
    await client.write(records.subarray(i * share, (i + 1) * share));
    const fresh = await connectTo(t, relay.port);
    fresh.reset();
  }
  t.true((await received).equals(records));
});

async function exchange(client: Connection, server: Connection): Promise<void> {
  await client.write('ping');
  await server.read(4);
  await server.write('pong');
  await client.read(4);
}
