// Retune: what the kernel makes of a keepalive that changes under a connection: idle time that has passed counts, a peer
// that is gone already is noticed in the new time, and keepalive that was turned off ends nobody. Real namespaces and
// the kernel's own timers.
import { setTimeout as after } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { LegName } from '../../src/engine/contract.js';
import type { Milliseconds } from '../../src/units.js';
import { farHost } from '../helpers/far_session.js';
import { createNetwork, farAddress, nearAddress } from '../helpers/netns.js';
import { connectIn, listenIn, type Peer } from '../helpers/peer.js';
import { command, requires } from '../helpers/requires.js';
import { readKeepaliveTimer } from '../helpers/sockets.js';
import { openSession, routeTo, Tuned } from '../helpers/tuned.js';

const test = requires(...farHost, command('ss', 'iproute2'));

const patient = '{ idle: 1h, interval: 1h, userTimeout: off }';

for (const leg of ['upstream', 'client'] as const) {
  test(`the ${leg} had vanished while idle: it is noticed in the time of the new keepalive`, async (t) => {
    const { tuned, yaml, near, vanish } = await openFar(t, leg, patient);
    await vanish();
    await tuned.retune(yaml('{ idle: 1s, interval: 1s, count: 2 }'));
    await checkDeath(t, tuned, near, { reason: `${leg}KeepaliveTimeout`, from: 1_000, to: 4_400 });
  });

  test(`the ${leg} had vanished with data on the way to it: the new user timeout ends it`, async (t) => {
    const { tuned, yaml, near, vanish } = await openFar(t, leg, patient);
    await vanish();
    near.send(1000);
    await tuned.retune(yaml('{ idle: 1h, interval: 1h, userTimeout: 2s }'));
    await checkDeath(t, tuned, near, { reason: `${leg}UserTimeout`, from: 1_500, to: 5_000 });
  });

  test(`the ${leg} vanishes for a while after keepalive was turned off: nothing is ended`, async (t) => {
    const { tuned, yaml, near, far, vanish, reappear } = await openFar(
      t,
      leg,
      '{ idle: 1s, interval: 1s, count: 2 }',
    );
    await tuned.retune(yaml('off'));
    await vanish();
    await after(5_000);
    reappear();
    far.send(1000);
    await near.next('data', 1001);
    near.send(1000);
    await far.next('data', 1000);
    t.false(tuned.program.output.includes('sessionClosed'));
  });
}

test('idle time that has passed counts against a lowered idle', async (t) => {
  const { tuned, port, upstreamPort } = await openSession(t);
  await after(4_000);
  await tuned.retune(routeTo(upstreamPort, ', keepalive: { idle: 20s }'));
  for (const filter of [`( sport = :${port} )`, `( dport = :${upstreamPort} )`]) {
    const left = readKeepaliveTimer(filter) ?? 99;
    t.true(left <= 16 && left >= 6, `${left} s left of 20`);
  }
});

interface Far {
  readonly tuned: Tuned;
  /** The file with another keepalive. */
  yaml(keepalive: string): string;
  readonly near: Peer;
  readonly far: Peer;
  /** Lets the far peer send one byte and then vanish. */
  vanish(): Promise<void>;
  reappear(): void;
}

/** Opens a session in which the peer of one leg is on the far host. */
async function openFar(t: ExecutionContext, farLeg: LegName, keepalive: string): Promise<Far> {
  const network = await createNetwork(t);
  const isFarClient = farLeg === 'client';
  const [listenHost, host] = isFarClient ? [nearAddress, '127.0.0.1'] : ['127.0.0.1', farAddress];
  const [clientPlace, place] = isFarClient
    ? [network.far, network.near]
    : [network.near, network.far];
  const { peer: upstream, port } = await listenIn(t, place, host);
  const yaml = (keepalive: string) =>
    `routes: [{ name: main, listen: '${listenHost}:0', upstream: '${host}:${port}', keepalive: ${keepalive} }]\n`;
  const tuned = new Tuned(t, yaml(keepalive), network.near.enter);
  const at = { host: listenHost, port: await tuned.port('main') };
  const client = await connectIn(t, clientPlace, at);
  await upstream.next('connected');
  const [near, far] = isFarClient ? [upstream, client] : [client, upstream];
  const vanish = async () => {
    far.send(1);
    await near.next('data', 1);
    network.vanish();
  };
  return { tuned, yaml, near, far, vanish, reappear: () => network.reappear() };
}

interface Death {
  readonly reason: string;
  readonly from: Milliseconds;
  readonly to: Milliseconds;
}

/** The near side is reset within these bounds from the retuning on. */
async function checkDeath(t: ExecutionContext, tuned: Tuned, near: Peer, death: Death) {
  const [retuned] = await tuned.logged('retuned');
  const reset = await near.next('error');
  t.is(reset.value, 'ECONNRESET');
  t.like(await tuned.logged('sessionClosed'), [{ reason: death.reason }]);
  const waited = reset.at - Date.parse(String(retuned?.['time']));
  t.true(waited >= death.from && waited <= death.to, `dead after ${waited} ms`);
  t.log(`dead after ${waited} ms`);
}
