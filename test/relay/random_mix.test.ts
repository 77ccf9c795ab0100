// Whatever peers do in whatever order, no session is left behind. The seed is told, so that a failure can be repeated.
import { randomInt } from 'node:crypto';
import { type Connection, connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { until } from '../helpers/waiting.js';

interface Pair {
  readonly client: Connection;
  readonly server: Connection;
}

test.serial(
  'a random mix of opening, writing, half-closing, resetting and closing leaves no session',
  async (t) => {
    const seed = randomInt(2 ** 31);
    t.log(`seed ${seed}`);
    const random = generator(seed);
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
    const upstream = await startUpstream(t);
    const relay = startRelay(t, { endpoints: [upstream.address] });
    const pairs: Pair[] = [];

    for (let step = 0; step < 2_000; step++) {
      const pair = pick(pairs);
      if (pair === undefined || random() < 0.05) {
        const client = await connectTo(t, relay.port);
        const server = await upstream.accept();
        pairs.push({ client, server });
        for (const end of [client, server]) void end.readAll();
        continue;
      }
      const end = random() < 0.5 ? pair.client : pair.server;
      const act = random();
      if (act < 0.9) end.socket.write(Buffer.alloc(Math.floor(random() * 20_000)));
      else if (act < 0.94) end.finish();
      // Node leaks a socket that is reset while its FIN waits behind bytes.
      else if (act < 0.97 && end.socket.writable) end.reset();
      else end.socket.destroy();
    }
    t.true(pairs.length >= 50, `${pairs.length} sessions`);
    for (const { client, server } of pairs) {
      client.finish();
      server.finish();
    }
    await until('end of all sessions', () => relay.closed.length === pairs.length);
    await relay.active(0);
  },
);

/** mulberry32: numbers from 0 to 1 that a seed repeats. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
