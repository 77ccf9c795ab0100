// An upstream that does not answer is given up at the connect timeout; a connected one is not subject to it.

import { setTimeout as after } from 'node:timers/promises';
import { connectTo } from '../helpers/connection.js';
import { startUnanswering } from '../helpers/dead_ends.js';
import { startRelay } from '../helpers/relay.js';
import { startEcho } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('the client is reset at the connect timeout', async (t) => {
  const relay = startRelay(t, { endpoints: [await startUnanswering(t)], connectTimeout: 700 });
  const client = await connectTo(t, relay.port);
  t.is(await client.readAll(), 'ECONNRESET');
  const closed = await relay.nextClosed();
  t.is(closed.reason, 'dialTimeout');
  t.true(closed.duration >= 700 && closed.duration < 1_700, `after ${closed.duration} ms`);
});

test.serial('the connect timeout does not apply to a session that is connected', async (t) => {
  const relay = startRelay(t, { endpoints: [await startEcho(t)], connectTimeout: 100 });
  const client = await connectTo(t, relay.port);
  await relay.active(1);
  await after(300);
  await client.write('still here');
  t.is(String(await client.read(10)), 'still here');
});
