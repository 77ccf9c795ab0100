// A FIN is always passed on: no connection stays in CLOSE_WAIT.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startEcho } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { tcpRows } from '../helpers/tcp_table.js';
import { until } from '../helpers/waiting.js';

test.serial('after 100 sessions no connection is left but in TIME_WAIT', async (t) => {
  const endpoint = await startEcho(t);
  const relay = startRelay(t, { endpoints: [endpoint] });
  for (let i = 0; i < 100; i++) {
    const client = await connectTo(t, relay.port);
    await client.write('x');
    await client.read(1);
    client.socket.destroy();
  }
  const ports = [relay.port, 'port' in endpoint ? endpoint.port : 0];
  await until('end of all connections', () =>
    ports.flatMap(tcpRows).every(({ state }) => state === 'TIME_WAIT' || state === 'LISTEN'),
  );
  t.is(relay.engine.stats().active, 0);
});
