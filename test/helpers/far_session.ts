// Far session: a session of the real program with one peer next to the relay and the other on a far host that can vanish.
import type { ExecutionContext } from 'ava';
import type { LegName } from '../../src/engine/contract.js';
import type { Milliseconds } from '../../src/units.js';
import { createNetwork, farAddress, type Network, nearAddress } from './netns.js';
import { connectIn, listenIn, type Peer } from './peer.js';
import { command, networkNamespaces, root } from './requires.js';
import { runConfig, type Warmline } from './warmline.js';

/** What a test with a far host needs. */
export const farHost = [
  root,
  networkNamespaces,
  command('nft', 'nftables'),
  command('setpriv', 'util-linux'),
];

export interface FarSession {
  readonly network: Network;
  readonly warmline: Warmline;
  readonly near: Peer;
  readonly far: Peer;
  /** Lets the far peer send one byte and then vanish; resolves with the time just before its last word. */
  lastWord(): Promise<Milliseconds>;
}

/** Opens a session in which the peer of one leg is on the far host; a silent peer is dead after 1 s + 1 s × 2. */
export async function openFarSession(t: ExecutionContext, farLeg: LegName): Promise<FarSession> {
  const network = await createNetwork(t);
  const isFar = (leg: LegName) => leg === farLeg;
  const upstreamHost = isFar('upstream') ? farAddress : '127.0.0.1';
  const upstreamPlace = isFar('upstream') ? network.far : network.near;
  const { peer: upstream, port } = await listenIn(t, upstreamPlace, upstreamHost);
  const warmline = runConfig(
    t,
    `routes:
  - name: main
    listen: ${isFar('client') ? nearAddress : '127.0.0.1'}:0
    upstream: ${upstreamHost}:${port}
    keepalive: { idle: 1s, interval: 1s, count: 2 }
`,
    network.near.enter,
  );
  const clientPlace = isFar('client') ? network.far : network.near;
  const client = await connectIn(t, clientPlace, await warmline.listening());
  await upstream.next('connected');
  const [near, far] = isFar('client') ? [upstream, client] : [client, upstream];
  const lastWord = async () => {
    const spoke = Date.now();
    far.send(1);
    await near.next('data', 1);
    network.vanish();
    return spoke;
  };
  return { network, warmline, near, far, lastWord };
}
