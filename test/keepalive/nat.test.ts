// NAT: a box between relay and upstream that forgets a connection after three silent seconds, and drops what it does
// not remember. Keepalive is what keeps its memory warm.
import { setTimeout as after } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { farHost } from '../helpers/far_session.js';
import { createNamespace, joinNamespaces, type Namespace } from '../helpers/netns.js';
import { connectIn, listenIn, type Peer } from '../helpers/peer.js';
import { command, requires } from '../helpers/requires.js';
import { runConfig } from '../helpers/warmline.js';

const test = requires(...farHost, command('conntrack', 'conntrack'));

/** More than twice what the box remembers. */
const pause = 8000;

test('a session with keepalive outlives the memory of a NAT', async (t) => {
  const { nat, client, upstream } = await openSessionThroughNat(t, '{ idle: 1s, interval: 1s }');
  await after(pause);
  t.is(countRemembered(nat), 1);
  client.send(1000);
  await upstream.next('data', 1000);
  upstream.send(1000);
  await client.next('data', 1000);
});

test('without keepalive the same NAT forgets it', async (t) => {
  const { nat } = await openSessionThroughNat(t, 'off');
  t.is(countRemembered(nat), 1);
  await after(pause);
  t.is(countRemembered(nat), 0);
});

interface NatSession {
  readonly nat: Namespace;
  readonly client: Peer;
  readonly upstream: Peer;
}

async function openSessionThroughNat(t: ExecutionContext, keepalive: string): Promise<NatSession> {
  const [near, nat, far] = [
    await createNamespace(t),
    await createNamespace(t),
    await createNamespace(t),
  ];
  joinNamespaces(
    { namespace: near, address: '10.77.0.1' },
    { namespace: nat, address: '10.77.0.2' },
  );
  joinNamespaces(
    { namespace: nat, address: '10.78.0.1' },
    { namespace: far, address: '10.78.0.2' },
  );
  near.run('ip', 'route', 'add', 'default', 'via', '10.77.0.2');
  nat.run('nft', translate);
  nat.run('sysctl', '-qw', ...forgetful);

  const { peer: upstream, port } = await listenIn(t, far, '10.78.0.2');
  const warmline = runConfig(
    t,
    `routes:
  - name: main
    listen: 127.0.0.1:0
    upstream: 10.78.0.2:${port}
    keepalive: { upstream: ${keepalive} }
`,
    near.enter,
  );
  const client = await connectIn(t, near, await warmline.listening());
  await upstream.next('connected');
  return { nat, client, upstream };
}

const translate = `
  table ip nat {
    chain out { type nat hook postrouting priority 100; oifname "w10.78.0.1" masquerade; }
    chain through { type filter hook forward priority 0; ct state invalid drop; }
  }`;

// loose=0: a packet of a connection that is not remembered is invalid, as on the boxes of the cloud providers.
const forgetful = [
  'net.ipv4.ip_forward=1',
  'net.netfilter.nf_conntrack_tcp_loose=0',
  'net.netfilter.nf_conntrack_tcp_timeout_established=3',
];

/** Listing leaves out what has expired; the kernel's own counter does not. */
function countRemembered(nat: Namespace): number {
  return nat
    .run('conntrack', '-L', '-p', 'tcp', '-o', 'extended')
    .trim()
    .split('\n')
    .filter(Boolean).length;
}
