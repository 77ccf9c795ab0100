// Endpoints are tried in order, for each session anew.
import { connectTo, startConnecting } from '../helpers/connection.js';
import { startRefusing, startUnanswering } from '../helpers/dead_ends.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { until } from '../helpers/waiting.js';

test.serial(
  'the next endpoint is tried when one refuses, and the first is used again once it is back',
  async (t) => {
    const first = await startRefusing(t);
    const second = await startUpstream(t);
    const relay = startRelay(t, { endpoints: [first, second.address] });
    const during = await connectTo(t, relay.port);
    await (await second.accept()).write('second');
    t.is(String(await during.read(6)), 'second');
    await until('the failed dial', () => relay.dialFailures.length > 0);
    t.like(relay.dialFailures, [{ reason: 'dialRefused', willRetry: true }]);

    const recovered = await startUpstream(t, 'port' in first ? first : {});
    const afterwards = await connectTo(t, relay.port);
    await (await recovered.accept()).write('first');
    t.is(String(await afterwards.read(5)), 'first');
    t.is(second.accepted, 1);
  },
);

test.serial('the next endpoint is tried when one does not answer', async (t) => {
  const upstream = await startUpstream(t);
  const endpoints = [await startUnanswering(t), upstream.address];
  const relay = startRelay(t, { endpoints, connectTimeout: 300 });
  const client = await connectTo(t, relay.port);
  await client.write('asked early');
  const server = await upstream.accept();
  t.is(String(await server.read(11)), 'asked early');
  await until('the failed dial', () => relay.dialFailures.length > 0);
  t.like(relay.dialFailures, [{ reason: 'dialTimeout', willRetry: true }]);
});

test.serial(
  'each endpoint is tried once, and the last failure names the close reason',
  async (t) => {
    const endpoints = [await startRefusing(t), await startRefusing(t), await startRefusing(t)];
    const relay = startRelay(t, { endpoints });
    const client = startConnecting(t, relay.port);
    t.is(await client.readAll(), 'ECONNRESET');
    const closed = await relay.nextClosed();
    t.is(closed.reason, 'dialRefused');
    const tried = relay.dialFailures.map(({ endpoint, willRetry }) => `${endpoint} ${willRetry}`);
    const [a, b, c] = endpoints.map(
      (endpoint) => `127.0.0.1:${'port' in endpoint && endpoint.port}`,
    );
    t.deepEqual(tried, [`${a} true`, `${b} true`, `${c} false`]);
    t.is(closed.upstream, `${c}`);
  },
);
