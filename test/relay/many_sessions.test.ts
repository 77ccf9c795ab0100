// Many sessions at once, and very many one after the other: all are served and nothing is left of them.
import type { ExecutionContext } from 'ava';
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startEcho } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { until } from '../helpers/waiting.js';

test.serial('1,100 sessions at once', async (t) => {
  const relay = startRelay(t, { endpoints: [await startEcho(t)] });
  const clients = await Promise.all(Array.from({ length: 1_100 }, () => connectTo(t, relay.port)));
  await relay.active(1_100);
  const echoed = await Promise.all(
    clients.map(async (client, index) => {
      await client.write(`client ${index}`);
      return String(await client.read(`client ${index}`.length));
    }),
  );
  t.deepEqual(
    echoed,
    clients.map((_, index) => `client ${index}`),
  );
});

test.serial('20,000 sessions, 50 at a time', async (t) => {
  t.timeout(120_000);
  const relay = startRelay(t, { endpoints: [await startEcho(t)] });
  await Promise.all(Array.from({ length: 50 }, () => run(t, relay.port, 400)));
  await until('20,000 closed sessions', () => relay.closed.length === 20_000);
  await relay.active(0);
  t.deepEqual([...new Set(relay.closed.map(({ reason }) => reason))], ['clientFin']);
});

async function run(t: ExecutionContext, port: number, sessions: number): Promise<void> {
  for (let i = 0; i < sessions; i++) {
    const client = await connectTo(t, port);
    await client.write('x');
    await client.read(1);
    client.finish();
    await client.readAll();
  }
}
