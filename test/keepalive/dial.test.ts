// Dial: an upstream that cannot be reached is given up in time, and the client is told by a reset.
import type { ExecutionContext } from 'ava';
import { addresses, buildLaboratory, type Laboratory } from '../helpers/laboratory.js';
import { dialIn, type Peer } from '../helpers/peer.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';
import { runConfig, type Warmline } from '../helpers/warmline.js';

const test = requiresConcurrently(...laboratoryNeeds);

test('an upstream that drops every packet is given up at connectTimeout', async (t) => {
  const laboratory = await buildLaboratory(t);
  laboratory.vanish('upstream');
  const { client, warmline } = await connectThrough(t, laboratory, `${addresses.upstream}:9`);
  const connected = await client.next('connected');
  const reset = await client.next('error');
  t.is(reset.value, 'ECONNRESET');
  const waited = reset.at - connected.at;
  t.true(waited >= 1900 && waited <= 2500, `given up after ${waited} ms`);
  t.like(await warmline.event('dialFailed'), { reason: 'dialTimeout', errno: 'ETIMEDOUT' });
  t.like(await warmline.event('sessionClosed'), { reason: 'dialTimeout', bytesToClient: 0 });
});

test('an upstream without a route to it is unreachable at once', async (t) => {
  const laboratory = await buildLaboratory(t);
  laboratory.relay.run('ip', 'route', 'add', 'unreachable', '10.79.0.0/24');
  const { client, warmline } = await connectThrough(t, laboratory, '10.79.0.1:9');
  const reset = await client.next('error');
  t.is(reset.value, 'ECONNRESET');
  t.like(await warmline.event('dialFailed'), { reason: 'dialUnreachable', errno: 'EHOSTUNREACH' });
  const { reason, duration } = await warmline.event('sessionClosed');
  t.is(reason, 'dialUnreachable');
  t.true(Number(duration) < 500, `${duration} ms`);
});

async function connectThrough(
  t: ExecutionContext,
  { client, relay }: Laboratory,
  upstream: string,
): Promise<{ client: Peer; warmline: Warmline }> {
  const warmline = runConfig(
    t,
    `routes:
  - name: main
    listen: ${addresses.relay}:0
    upstream: ${upstream}
    connectTimeout: 2s
`,
    relay.enter,
  );
  return { client: dialIn(t, client, await warmline.listening()), warmline };
}
