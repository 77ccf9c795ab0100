// Slow peer: one that does not read for longer than the user timeout, but whose kernel answers, is slow and not dead.
// TCP_USER_TIMEOUT alone would kill it. The relay's own back-pressure makes such peers.
import { setTimeout as after } from 'node:timers/promises';
import type { LegName } from '../../src/engine/contract.js';
import { closedWindowEvidence, survivorReset } from '../helpers/death.js';
import {
  exchange,
  type LabSession,
  lastHeard,
  openLabSession,
  otherLeg,
  saw,
  whatEachSaw,
} from '../helpers/lab_session.js';
import { addresses, buildLaboratory, type Laboratory } from '../helpers/laboratory.js';
import { measured } from '../helpers/measured.js';
import type { Namespace } from '../helpers/netns.js';
import { connectIn, listenIn } from '../helpers/peer.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';
import { until } from '../helpers/waiting.js';
import { runConfig } from '../helpers/warmline.js';

const test = requiresConcurrently(...laboratoryNeeds);

const payload = 30_000_000;
const pieceAtMost = 5_000_000;
/** Small segments take more room than their bytes; these are twice as many as were ever seen to fit. */
const smallPiece = 100;
const smallPieces = 1000;
const keepalive = '{ idle: 1s, interval: 1s, count: 2 }';
const userTimeout = 3000;
/** Behind a closed window one more probe has a chance, and they come no faster than this. */
const noticed = userTimeout + 1000;

for (const leg of ['upstream', 'client'] as const) {
  const sender = otherLeg(leg);

  test(`the ${leg} does not read for twice the user timeout and then gets everything`, async (t) => {
    const session = await openLabSession(t, { keepalive });
    await stall(session, leg);
    await after(2 * userTimeout + 1000);
    t.is(saw(session.peers[sender]).end, 'nothing');
    session.peers[leg].read(true);
    await session.peers[leg].next('data', payload + 1);
    await exchange(session.peers);
    t.deepEqual(session.warmline.told('sessionClosed'), []);
  });

  test(`the ${leg} reads in small pieces for several user timeouts, and lives`, async (t) => {
    const session = await openLabSession(t, { keepalive });
    await stall(session, leg);
    let total = payload + 1;
    for (const began = Date.now(); Date.now() < began + 3 * userTimeout; ) {
      session.peers[leg].read(true);
      await after(10);
      session.peers[leg].read(false);
      // As much as one piece may have been, so that something is owed all the time.
      session.peers[sender].send(pieceAtMost);
      total += pieceAtMost;
      await after(300);
    }
    session.peers[leg].read(true);
    await session.peers[leg].next('data', total);
    t.deepEqual(session.warmline.told('sessionClosed'), []);
  });

  test(`the ${leg} is sent a little at a time while it does not read, and lives`, async (t) => {
    const session = await openLabSession(t, {
      keepalive,
      prepare: (hosts) => hosts[leg].run('sysctl', '-qw', 'net.ipv4.tcp_rmem=4096 16384 16384'),
    });
    session.peers[leg].read(false);
    for (let piece = 0; piece < smallPieces; piece++) {
      session.peers[sender].send(smallPiece);
      await after(1);
    }
    await until(`a ${leg} that takes no more`, () => takesNothing(session, leg));
    await after(3 * userTimeout);
    await until(`a ${leg} that still takes no more`, () => takesNothing(session, leg));
    session.peers[leg].read(true);
    await session.peers[leg].next('data', 1 + smallPieces * smallPiece);
    t.deepEqual(session.warmline.told('sessionClosed'), []);
  });

  test(`the ${leg} does not read and then vanishes: it is noticed as a closed window`, async (t) => {
    const session = await openLabSession(t, { keepalive });
    await stall(session, leg);
    await after(userTimeout + 1000);
    session.laboratory.vanish(leg);
    const reset = await survivorReset(t, session, {
      leg,
      reason: 'ZeroWindowTimeout',
      evidence: closedWindowEvidence(noticed),
    });
    await session.peers[sender].next('error');
    t.deepEqual(saw(session.peers[sender]), { bytes: 1, end: 'RST' });
    measured(t, {
      scenario: `${leg} does not read, then vanishes`,
      theory: noticed,
      late: userTimeout / 4,
      measured: reset.at - lastHeard(session, leg),
      saw: whatEachSaw(session.peers),
    });
  });
}

test('behind a second relay the slow one is a relay, and is spared as well', async (t) => {
  const laboratory = await buildLaboratory(t);
  const { peer: upstream, port } = await listenIn(t, laboratory.upstream, addresses.upstream);
  const relayTo = async (to: string) => {
    const route = `{ name: main, listen: '${addresses.relay}:0', upstream: '${to}', keepalive: ${keepalive} }`;
    return await runConfig(t, `routes: [${route}]\n`, laboratory.relay.enter).listening();
  };
  const behind = await relayTo(`${addresses.upstream}:${port}`);
  const client = await connectIn(
    t,
    laboratory.client,
    await relayTo(`${behind.host}:${behind.port}`),
  );
  await exchange({ client, upstream });
  boundBuffers(laboratory);
  client.read(false);
  upstream.send(payload);
  await closedWindow(laboratory.relay, `sport = :${behind.port}`);
  await after(2 * userTimeout + 1000);
  client.read(true);
  await client.next('data', payload + 1);
  await exchange({ client, upstream });
  t.is(saw(client).end, 'nothing');
});

/** Lets a peer stop reading; resolves when its window is closed to the relay, and the relay's to the sender. */
async function stall({ peers, laboratory }: LabSession, leg: LegName): Promise<void> {
  const sender = otherLeg(leg);
  boundBuffers(laboratory);
  peers[leg].read(false);
  peers[sender].send(payload);
  await closedWindow(laboratory.relay, `dst ${addresses[leg]}`);
  await closedWindow(laboratory[sender], `src ${addresses[sender]}`);
}

/** Resolves when the one connection that the filter finds has its persist timer on: it probes a closed window. */
async function closedWindow(namespace: Namespace, filter: string): Promise<void> {
  await until(`closed window of ${filter}`, () =>
    namespace.run('ss', '-Htno', 'state', 'established', filter).includes('timer:(persist,'),
  );
}

/**
 * Whether a leg has had nothing acknowledged for half a second, and owes something. Its timer and its window tell less: when
 * the peer has dropped what was on the way, it is retransmissions that wait for the window, and these are not counted.
 */
async function takesNothing({ laboratory }: LabSession, leg: LegName): Promise<boolean> {
  const filter = ['state', 'established', 'dst', addresses[leg]];
  const look = () => laboratory.relay.run('ss', '-Htin', ...filter);
  const acknowledged = (shown: string) => shown.match(/ bytes_acked:(\d+)/)?.[1];
  const before = look();
  await after(500);
  const now = look();
  const [, owed] = now.trim().split(/\s+/);
  return Number(owed) > 0 && acknowledged(now) === acknowledged(before);
}

/** Left alone, receive buffers may grow until they hold everything. */
function boundBuffers({ client, relay, upstream }: Laboratory): void {
  for (const host of [client, relay, upstream]) {
    host.run('sysctl', '-qw', 'net.ipv4.tcp_rmem=4096 131072 1000000');
  }
}
