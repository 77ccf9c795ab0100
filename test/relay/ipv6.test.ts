// IPv6 on both sides, and from one family to the other.
import { networkInterfaces } from 'node:os';
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { type Need, requires } from '../helpers/requires.js';
import { startEcho } from '../helpers/server.js';

const ipv6: Need = {
  met: () =>
    Object.values(networkInterfaces())
      .flat()
      .some((each) => each?.address === '::1'),
  remedy: 'needs IPv6: sysctl net.ipv6.conf.lo.disable_ipv6=0',
};

const test = requires(ipv6);

for (const [from, to] of [
  ['::1', '::1'],
  ['::1', '127.0.0.1'],
  ['127.0.0.1', '::1'],
] as const) {
  test(`from ${from} to ${to}`, async (t) => {
    const endpoints = [await startEcho(t, { host: to, port: 0 })];
    const relay = startRelay(t, { listeners: [{ host: from, port: 0 }], endpoints });
    const client = await connectTo(t, { host: from, port: relay.port });
    const { localPort } = client.socket;
    await client.write('six');
    t.is(String(await client.read(3)), 'six');
    client.finish();
    t.is(await client.readAll(), 'fin');
    const closed = await relay.nextClosed();
    const written = from === '::1' ? '[::1]' : from;
    t.is(relay.listeners[0]?.address, `${written}:${relay.port}`);
    t.is(closed.client, `${written}:${localPort}`);
  });
}
