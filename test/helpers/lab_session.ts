// Lab session: one session of the real program through the laboratory, with a peer at either end and a capture on
// either leg.
import type { ExecutionContext } from 'ava';
import type { LegName } from '../../src/engine/contract.js';
import type { Bytes, Milliseconds } from '../../src/units.js';
import { type Capture, captureAt, isReset } from './capture.js';
import { addresses, buildLaboratory, type Laboratory, type NatManner } from './laboratory.js';
import { connectIn, listenIn, type Peer } from './peer.js';
import { Tuned } from './tuned.js';
import type { Warmline } from './warmline.js';

export interface LabSession {
  readonly laboratory: Laboratory;
  readonly warmline: Warmline;
  readonly peers: Readonly<Record<LegName, Peer>>;
  /** Each leg as it is seen at the relay's end. */
  readonly wire: Readonly<Record<LegName, Capture>>;
  /** Changes the route's keepalive in the file and sends SIGHUP; resolves with what the program says of it. */
  retune(keepalive: string): Promise<string>;
}

export interface LabOptions {
  readonly nat?: NatManner;
  /** In YAML; 1s/1s/2, which is a death after 3 s, when left out. */
  readonly keepalive?: string;
  /** Further keys of the route, a line each. */
  readonly route?: readonly string[];
  /** Done to the hosts before anyone connects. */
  readonly prepare?: (laboratory: Laboratory) => void;
}

/**
 * Opens a session, and lets one byte go each way. Tests that run side by side are served in turn: each has nine programs
 * to start, and on a small machine all of them at once would be ready too late, and disturb those that measure already.
 */
export function openLabSession(t: ExecutionContext, options: LabOptions = {}): Promise<LabSession> {
  const opened = turn.then(() => open(t, options));
  turn = opened.catch(() => {});
  return opened;
}

let turn: Promise<unknown> = Promise.resolve();

async function open(
  t: ExecutionContext,
  {
    nat = {},
    keepalive = '{ idle: 1s, interval: 1s, count: 2 }',
    route = [],
    prepare = () => {},
  }: LabOptions,
): Promise<LabSession> {
  const laboratory = await buildLaboratory(t, nat);
  prepare(laboratory);
  const wire = {
    client: await captureAt(t, laboratory.relay, addresses.relay),
    upstream: await captureAt(t, laboratory.relay, addresses.relayOutside),
  };
  const { peer: upstream, port } = await listenIn(t, laboratory.upstream, addresses.upstream);
  const config = (keepaliveNow: string) =>
    [
      'routes:',
      '  - name: main',
      `    listen: ${addresses.relay}:0`,
      `    upstream: ${addresses.upstream}:${port}`,
      `    keepalive: ${keepaliveNow}`,
      ...route.map((line) => `    ${line}`),
    ].join('\n');
  const warmline = new Tuned(t, config(keepalive), laboratory.relay.enter);
  const client = await connectIn(t, laboratory.client, await warmline.listening());
  const peers = { client, upstream };
  await exchange(peers);
  const retune = (changed: string) => warmline.retune(config(changed));
  return { laboratory, warmline, peers, wire, retune };
}

/** Sends so many bytes each way and waits until they are there. */
export async function exchange(
  { client, upstream }: LabSession['peers'],
  bytes: Bytes = 1,
): Promise<void> {
  const before = { client: saw(client).bytes, upstream: saw(upstream).bytes };
  client.send(bytes);
  await upstream.next('data', before.upstream + bytes);
  upstream.send(bytes);
  await client.next('data', before.client + bytes);
}

/** Lets a peer say one byte more and then vanish: its last word acknowledged everything, so nothing is in flight to it. */
export async function vanishAfterLastWord(session: LabSession, leg: LegName): Promise<void> {
  const survivor = session.peers[otherLeg(leg)];
  const { bytes } = saw(survivor);
  session.peers[leg].send(1);
  await survivor.next('data', bytes + 1);
  session.laboratory.vanish(leg);
}

/** What a peer has seen of its connection so far. */
export function saw(peer: Peer): { readonly bytes: Bytes; readonly end: string } {
  const { told } = peer;
  const sizes = told.map(({ event, value }) => (event === 'data' ? Number(value) : 0));
  const fin = told.some(({ event }) => event === 'end') ? ['FIN'] : [];
  const reset = told.some(({ value }) => value === 'ECONNRESET') ? ['RST'] : [];
  return { bytes: Math.max(0, ...sizes), end: [...fin, ...reset].join(', ') || 'nothing' };
}

/** The same of both ends, in words. */
export function whatEachSaw({ client, upstream }: LabSession['peers']): string {
  return `client ${saw(client).end}, upstream ${saw(upstream).end}`;
}

/** When the relay last heard from the peer of a leg, a final reset not counted. */
export function lastHeard({ wire }: LabSession, leg: LegName): Milliseconds {
  const heard = wire[leg].segments.findLast((segment) => !segment.isOurs && !isReset(segment));
  if (!heard) throw new Error(`nothing was ever heard from the ${leg}`);
  return heard.at;
}

export function otherLeg(leg: LegName): LegName {
  return leg === 'client' ? 'upstream' : 'client';
}
