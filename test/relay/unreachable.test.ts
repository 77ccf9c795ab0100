// An upstream to which there is no way is told as such.
import { startConnecting } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { test } from '../helpers/steady.js';

test.serial(
  'a dial to an address without a route resets the client as dialUnreachable',
  async (t) => {
    // 240.0.0.0/4 is reserved (RFC 1112): Linux has no route to the broadcast address for TCP.
    const relay = startRelay(t, { endpoints: [{ host: '255.255.255.255', port: 9 }] });
    const client = startConnecting(t, relay.port);
    t.is(await client.readAll(), 'ECONNRESET');
    t.is((await relay.nextClosed()).reason, 'dialUnreachable');
  },
);
