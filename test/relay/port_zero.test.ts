// Port 0 takes a free port, a different one for each listener, and tells which.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startEcho } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('each listener on port 0 tells its own port, and relays', async (t) => {
  const anyPort = { host: '127.0.0.1', port: 0 };
  const relay = startRelay(t, { listeners: [anyPort, anyPort], endpoints: [await startEcho(t)] });
  const ports = relay.listeners.map(({ address }) => Number(address.replace('127.0.0.1:', '')));
  t.is(new Set(ports).size, 2);
  for (const port of ports) {
    t.true(port > 0);
    const client = await connectTo(t, port);
    await client.write('here');
    t.is(String(await client.read(4)), 'here');
  }
});
