// Laboratory: client — relay — NAT — upstream, each in a network namespace of its own, for the length of a test. The NAT
// is netfilter's, and forgets. What can go wrong between hosts is done here, and none of them is told.
import type { ExecutionContext } from 'ava';
import type { LegName } from '../../src/engine/contract.js';
import type { Seconds } from '../../src/units.js';
import { createNamespace, joinNamespaces, type Namespace, plug, unplug } from './netns.js';
import type { Peer } from './peer.js';

/** How the NAT forgets. */
export interface NatManner {
  /** How long it remembers a silent connection; 5 days when left out. */
  readonly remembers?: Seconds;
  /** The same once one side has finished; mostly 60 s when left out. */
  readonly remembersHalfClosed?: Seconds;
  /** What a segment gets that belongs to nothing it remembers; it is dropped when left out. */
  readonly answers?: 'reset';
}

/** Where everyone is. The relay is `relay` to clients and `relayOutside` to the NAT. */
export const addresses = {
  client: '10.76.0.1',
  relay: '10.76.0.2',
  relayOutside: '10.77.0.1',
  nat: '10.77.0.2',
  natOutside: '10.78.0.1',
  upstream: '10.78.0.2',
} as const;

/** The four hosts, and what befalls them. */
export class Laboratory {
  readonly client: Namespace;
  readonly relay: Namespace;
  readonly nat: Namespace;
  readonly upstream: Namespace;

  constructor([client, relay, nat, upstream]: readonly [
    Namespace,
    Namespace,
    Namespace,
    Namespace,
  ]) {
    this.client = client;
    this.relay = relay;
    this.nat = nat;
    this.upstream = upstream;
  }

  /** From now on the host neither hears nor answers. */
  vanish(host: LegName): void {
    plug(this[host]);
  }

  /** Undoes `vanish`. */
  reappear(host: LegName): void {
    unplug(this[host]);
  }

  /** The upstream loses power and comes back: its kernel knows nothing of the peer's connection, and no one was told. */
  async reboot(upstream: Peer): Promise<void> {
    this.vanish('upstream');
    await upstream.kill();
    // What the dead process had open is still the kernel's to finish; a kernel that has booted has none.
    this.upstream.run('ss', '--kill', '--tcp', '--all');
    const left = this.upstream.run('ss', '--no-header', '--tcp', '--all', '--numeric');
    if (left !== '') throw new Error(`after the reboot there are still sockets:\n${left}`);
    this.reappear('upstream');
  }

  /** The NAT forgets every connection. */
  forget(): void {
    this.nat.run('conntrack', '--flush');
  }

  /** How long the NAT will remember its one connection if that stays silent; undefined when it has forgotten it. */
  remembersFor(): Seconds | undefined {
    const listed = this.nat.run('conntrack', '-L', '-p', 'tcp', '-o', 'extended').trim();
    if (listed === '') return undefined;
    if (listed.includes('\n')) throw new Error(`the NAT remembers more than one:\n${listed}`);
    // ipv4     2 tcp      6 5 ESTABLISHED src=…
    return Number(listed.split(/\s+/)[4]);
  }

  /** From now on the NAT answers what is sent to the upstream with ICMP "host unreachable". */
  refuseToForward(): void {
    this.nat.run('nft', unreachable);
  }
}

/** Builds a laboratory for the length of a test. Any number of them live side by side. */
export async function buildLaboratory(
  t: ExecutionContext,
  nat: NatManner = {},
): Promise<Laboratory> {
  const laboratory = new Laboratory([
    await createNamespace(t),
    await createNamespace(t),
    await createNamespace(t),
    await createNamespace(t),
  ]);
  joinHosts(laboratory);
  startNat(laboratory.nat, nat);
  return laboratory;
}

function joinHosts({ client, relay, nat, upstream }: Laboratory): void {
  joinNamespaces(
    { namespace: client, address: addresses.client },
    { namespace: relay, address: addresses.relay },
  );
  joinNamespaces(
    { namespace: relay, address: addresses.relayOutside },
    { namespace: nat, address: addresses.nat },
  );
  joinNamespaces(
    { namespace: nat, address: addresses.natOutside },
    { namespace: upstream, address: addresses.upstream },
  );
  relay.run('ip', 'route', 'add', 'default', 'via', addresses.nat);
}

function startNat(nat: Namespace, { remembers, remembersHalfClosed, answers }: NatManner): void {
  nat.run('nft', translate(answers === 'reset' ? 'reject with tcp reset' : 'drop'));
  const timeouts = [
    ...timeoutsOf(['established'], remembers),
    ...timeoutsOf(halfClosed, remembersHalfClosed),
  ];
  nat.run('sysctl', '-qw', 'net.ipv4.ip_forward=1', strict, ...timeouts);
}

// A FIN that is sent twice, because its acknowledgement was slow, looks to netfilter like that of the other side.
const halfClosed = ['fin_wait', 'close_wait', 'last_ack', 'time_wait'];

function timeoutsOf(states: readonly string[], seconds: Seconds | undefined): string[] {
  if (seconds === undefined) return [];
  return states.map((state) => `net.netfilter.nf_conntrack_tcp_timeout_${state}=${seconds}`);
}

// A segment in the middle of a connection that is not remembered is invalid, as on the boxes of the cloud providers.
const strict = 'net.netfilter.nf_conntrack_tcp_loose=0';

// What is invalid is not translated, so a reset that answers it carries the upstream's address, and the sequence number
// that was acknowledged: the relay's kernel takes it. From the outside a forgotten connection leads to the box itself.
function translate(invalid: string): string {
  return `
  table ip nat {
    chain out { type nat hook postrouting priority 100; oifname "w${addresses.natOutside}" masquerade; }
    chain through { type filter hook forward priority 0; meta l4proto tcp ct state invalid ${invalid}; }
    chain in { type filter hook input priority 0; meta l4proto tcp ct state invalid ${invalid}; }
  }`;
}

const unreachable = `
  table ip unreachable {
    chain through {
      type filter hook forward priority -1
      ip daddr ${addresses.upstream} reject with icmp host-unreachable
    }
  }`;
