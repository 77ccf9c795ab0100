// Protocols in which the server speaks first, and several exchanges on one session.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('a server that speaks first is heard by a client that has said nothing', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  await server.write('hello');
  t.is(String(await client.read(5)), 'hello');
});

test.serial('several exchanges on one session, then a new session', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  for (let session = 1; session <= 2; session++) {
    const client = await connectTo(t, relay.port);
    const server = await upstream.accept();
    for (let round = 0; round < 10; round++) {
      await client.write(`ask ${round}`);
      t.is(String(await server.read(5)), `ask ${round}`);
      await server.write(`say ${round}`);
      t.is(String(await client.read(5)), `say ${round}`);
    }
    client.finish();
    t.is(await server.readAll(), 'fin');
    server.finish();
    t.is(await client.readAll(), 'fin');
    t.like(await relay.nextClosed(), {
      reason: 'clientFin',
      bytesToUpstream: 50,
      bytesToClient: 50,
    });
  }
});
