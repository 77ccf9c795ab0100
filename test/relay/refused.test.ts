// An upstream that refuses: the client is told by a reset, whether or not it has spoken.
import { constants } from 'node:os';
import { startConnecting } from '../helpers/connection.js';
import { startRefusing } from '../helpers/dead_ends.js';
import { startRelay } from '../helpers/relay.js';
import { test } from '../helpers/steady.js';

for (const greeting of ['', 'hello']) {
  test.serial(
    `a client that has sent "${greeting}" is reset when the upstream refuses`,
    async (t) => {
      const relay = startRelay(t, { endpoints: [await startRefusing(t)] });
      const client = startConnecting(t, relay.port);
      client.socket.write(greeting);
      t.is(await client.readAll(), 'ECONNRESET');
      const closed = await relay.nextClosed();
      t.like(closed, {
        reason: 'dialRefused',
        errno: constants.errno.ECONNREFUSED,
        syscall: 'connect',
      });
      t.is(closed.bytesToUpstream, 0);
      t.true(closed.duration < 1_000, `after ${closed.duration} ms`);
      t.like(relay.dialFailures, [
        { reason: 'dialRefused', endpoint: closed.upstream, willRetry: false },
      ]);
    },
  );
}
