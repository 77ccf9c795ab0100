// A FIN with much still queued before it: nothing is truncated, in either direction.
import { createHash, randomBytes } from 'node:crypto';
import { type Connection, connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { until } from '../helpers/waiting.js';

const payload = randomBytes(50 * 1024 * 1024);

for (const sender of ['client', 'server'] as const) {
  test.serial(
    `50 MB queued behind a slow reader when the ${sender} sends its FIN arrive whole`,
    async (t) => {
      const upstream = await startUpstream(t);
      const relay = startRelay(t, { endpoints: [upstream.address] });
      const client = await connectTo(t, relay.port);
      const server = await upstream.accept();
      const [from, to] = sender === 'client' ? [client, server] : [server, client];
      from.socket.end(payload);
      // The reader has not begun, so most of it is queued on the way.
      await until('first bytes on their way', () => bytesOf(relay.engine.stats().routes) > 0);
      t.is(await digestOf(to), createHash('sha256').update(payload).digest('hex'));
      to.finish();
      t.is(await from.readAll(), 'fin');
      t.is((await relay.nextClosed()).reason, sender === 'client' ? 'clientFin' : 'upstreamFin');
    },
  );
}

function bytesOf(routes: readonly { bytesToUpstream: number; bytesToClient: number }[]): number {
  return routes.reduce((sum, route) => sum + route.bytesToUpstream + route.bytesToClient, 0);
}

async function digestOf(connection: Connection): Promise<string> {
  const hash = createHash('sha256');
  const ending = await connection.readAll((chunk) => hash.update(chunk));
  return ending === 'fin' ? hash.digest('hex') : ending;
}
