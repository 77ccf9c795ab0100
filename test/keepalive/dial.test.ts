// Dial: an upstream that cannot be reached is given up in time, and the client is told by a reset.
import type { ExecutionContext } from 'ava';
import { farHost } from '../helpers/far_session.js';
import { createNetwork, farAddress, type Namespace } from '../helpers/netns.js';
import { dialIn, type Peer } from '../helpers/peer.js';
import { requires } from '../helpers/requires.js';
import { runConfig, type Warmline } from '../helpers/warmline.js';

const test = requires(...farHost);

test('an upstream that drops every packet is given up at connectTimeout', async (t) => {
  const network = await createNetwork(t);
  network.vanish();
  const { client, warmline } = await connectThrough(t, network.near, `${farAddress}:9`);
  const connected = await client.next('connected');
  const reset = await client.next('error');
  t.is(reset.value, 'ECONNRESET');
  const waited = reset.at - connected.at;
  t.true(waited >= 1900 && waited <= 2500, `given up after ${waited} ms`);
  t.like(await warmline.event('dialFailed'), { reason: 'dialTimeout', errno: 'ETIMEDOUT' });
  t.like(await warmline.event('sessionClosed'), { reason: 'dialTimeout', bytesToClient: 0 });
});

test('an upstream without a route to it is unreachable at once', async (t) => {
  const network = await createNetwork(t);
  network.near.run('ip', 'route', 'add', 'unreachable', '10.78.0.0/24');
  const { client, warmline } = await connectThrough(t, network.near, '10.78.0.1:9');
  const reset = await client.next('error');
  t.is(reset.value, 'ECONNRESET');
  t.like(await warmline.event('dialFailed'), { reason: 'dialUnreachable', errno: 'EHOSTUNREACH' });
  const { reason, duration } = await warmline.event('sessionClosed');
  t.is(reason, 'dialUnreachable');
  t.true(Number(duration) < 500, `${duration} ms`);
});

async function connectThrough(
  t: ExecutionContext,
  near: Namespace,
  upstream: string,
): Promise<{ client: Peer; warmline: Warmline }> {
  const warmline = runConfig(
    t,
    `routes:
  - name: main
    listen: 127.0.0.1:0
    upstream: ${upstream}
    connectTimeout: 2s
`,
    near.enter,
  );
  return { client: dialIn(t, near, await warmline.listening()), warmline };
}
