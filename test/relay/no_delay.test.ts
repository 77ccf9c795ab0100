// With noDelay nothing waits for the acknowledgement of what was written before.
import { connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('1,000 rounds of write, write, read are without stalls of 40 ms', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address], noDelay: true });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  const answering = (async () => {
    for (let round = 0; round < 1_000; round++) {
      await server.read(2);
      await server.write('a');
    }
  })();
  let slow = 0;
  for (let round = 0; round < 1_000; round++) {
    const started = performance.now();
    await client.write('q');
    await client.write('r');
    await client.read(1);
    if (performance.now() - started > 30) slow += 1;
  }
  await answering;
  // Nagle's algorithm against delayed acknowledgements stalls every round; a busy machine stalls a few.
  t.true(slow < 50, `${slow} rounds took more than 30 ms`);
});
