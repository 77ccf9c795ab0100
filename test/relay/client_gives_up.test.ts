// A client that goes away while its upstream is being dialled.
import type { EngineAddress } from '../../src/engine/contract.js';
import { connectTo } from '../helpers/connection.js';
import { startUnanswering } from '../helpers/dead_ends.js';
import { startRelay } from '../helpers/relay.js';
import { test } from '../helpers/steady.js';
import { tcpRows } from '../helpers/tcp_table.js';
import { until } from '../helpers/waiting.js';

test.serial('a reset cancels the dial at once', async (t) => {
  const endpoint = await startUnanswering(t);
  const relay = startRelay(t, { endpoints: [endpoint, endpoint], connectTimeout: 20_000 });
  const client = await connectTo(t, relay.port);
  await until('dial', () => dialling(endpoint) > 0);
  client.reset();
  const closed = await relay.nextClosed();
  t.is(closed.reason, 'clientReset');
  t.true(closed.duration < 10_000, `after ${closed.duration} ms`);
  t.is(dialling(endpoint), 0);
  t.deepEqual(relay.dialFailures, []);
});

test.serial('a FIN without a byte before it cancels the dial half a second later', async (t) => {
  const relay = startRelay(t, { endpoints: [await startUnanswering(t)], connectTimeout: 20_000 });
  const client = await connectTo(t, relay.port);
  client.finish();
  const closed = await relay.nextClosed();
  t.is(closed.reason, 'clientFin');
  t.true(closed.duration >= 500 && closed.duration < 2_000, `after ${closed.duration} ms`);
});

test.serial('a client that has sent bytes and its FIN has not given up', async (t) => {
  const relay = startRelay(t, { endpoints: [await startUnanswering(t)], connectTimeout: 1_000 });
  const client = await connectTo(t, relay.port);
  client.socket.end('one-way message');
  const closed = await relay.nextClosed();
  t.is(closed.reason, 'dialTimeout');
  t.true(closed.duration >= 1_000, `after ${closed.duration} ms`);
});

/** Our own SYNs that are not answered; the helper's have another end in this table too. */
function dialling(endpoint: EngineAddress): number {
  return tcpRows('port' in endpoint ? endpoint.port : 0).filter(({ state }) => state === 'SYN_SENT')
    .length;
}
