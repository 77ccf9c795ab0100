// Post mortem: what a socket of node:net died of, told by the library at Node's 'close', and what is told of it before.
// The kernel's own timers, in network namespaces.
import type { ExecutionContext } from 'ava';
import type { DeadSocket, DeathReason, KeepaliveWish } from '../../src/index.js';
import {
  addresses,
  buildLaboratory,
  type Laboratory,
  type NatManner,
} from '../helpers/laboratory.js';
import { connectPatient, type Patient } from '../helpers/patient.js';
import { listenIn, type Peer } from '../helpers/peer.js';
import { laboratoryNeeds, requiresConcurrently } from '../helpers/requires.js';
import { until } from '../helpers/waiting.js';

const test = requiresConcurrently(...laboratoryNeeds);

interface Scene {
  readonly laboratory: Laboratory;
  readonly patient: Patient;
  readonly peer: Peer;
}

interface Scenario {
  readonly title: string;
  readonly wish?: KeepaliveWish;
  readonly nat?: NatManner;
  /** What befalls the peer or the path. */
  readonly befalls: (scene: Scene) => Promise<void> | void;
  readonly reason: DeathReason;
  /** Of Node's 'error'. */
  readonly error: string;
  /** Whether the kernel's evidence is that of such a death. */
  readonly fits: (dead: DeadSocket) => boolean;
}

const fast = { idle: '1s', interval: '1s', count: 2 } as const;

/** No probe comes between what befalls and what is sent then, also on a slow machine. */
const busy = { idle: '5s', interval: '1s', count: 2, userTimeout: '3s' } as const;

const scenarios: readonly Scenario[] = [
  {
    title: 'a peer that vanishes while idle',
    befalls: ({ laboratory }) => laboratory.vanish('upstream'),
    reason: 'keepaliveTimeout',
    error: 'ETIMEDOUT',
    fits: ({ probes, lastAck, syscall }) => probes === 2 && lastAck >= 3000 && syscall === 'read',
  },
  {
    title: 'a short user timeout while idle',
    wish: { ...fast, count: 9, userTimeout: '2500ms' },
    befalls: ({ laboratory }) => laboratory.vanish('upstream'),
    reason: 'userTimeoutIdle',
    error: 'ETIMEDOUT',
    fits: ({ probes, lastAck }) => probes === 2 && lastAck >= 2500,
  },
  {
    title: 'a peer that vanishes with data in flight',
    wish: busy,
    befalls: ({ laboratory, patient }) => {
      laboratory.vanish('upstream');
      patient.send(1000);
    },
    reason: 'userTimeout',
    error: 'ETIMEDOUT',
    fits: ({ probes, retransmits, payloadIdle }) =>
      probes === 0 && retransmits > 0 && payloadIdle < 5000,
  },
  {
    title: 'a peer that reboots',
    wish: { ...fast, idle: '3s', count: 9 },
    befalls: ({ laboratory, peer }) => laboratory.reboot(peer),
    reason: 'resetAfterProbe',
    error: 'ECONNRESET',
    fits: ({ probes, lastAck }) => probes >= 1 && lastAck >= 3000,
  },
  {
    title: 'a NAT that forgets and resets',
    nat: { answers: 'reset' },
    befalls: ({ laboratory }) => laboratory.forget(),
    reason: 'resetAfterProbe',
    error: 'ECONNRESET',
    fits: ({ probes, lastAck }) => probes === 1 && lastAck >= 1000,
  },
  {
    title: 'a peer that resets',
    wish: { idle: '60s' },
    befalls: ({ peer }) => peer.reset(),
    reason: 'reset',
    error: 'ECONNRESET',
    fits: ({ probes, retransmits }) => probes === 0 && retransmits === 0,
  },
  {
    title: 'a peer that finishes',
    wish: { idle: '60s' },
    befalls: ({ peer }) => peer.end(),
    reason: 'fin',
    error: '',
    fits: ({ probes, errno, syscall }) => probes === 0 && errno === '' && syscall === '',
  },
  {
    title: 'an unreachable host with data in flight',
    wish: busy,
    befalls: ({ laboratory, patient }) => {
      laboratory.refuseToForward();
      patient.send(1000);
    },
    reason: 'unreachable',
    error: 'EHOSTUNREACH',
    fits: ({ retransmits }) => retransmits > 0,
  },
  {
    title: 'an administrator who kills the connection',
    wish: { idle: '60s' },
    befalls: ({ laboratory }) => {
      laboratory.relay.run('ss', '--kill', '--tcp', 'dst', addresses.upstream);
    },
    reason: 'aborted',
    error: 'ECONNABORTED',
    fits: ({ errno }) => errno === 'ECONNABORTED',
  },
  {
    title: 'a live peer that does not read, which the user timeout does not spare,',
    wish: { ...fast, userTimeout: '2s' },
    befalls: ({ peer, patient }) => {
      peer.read(false);
      patient.send(16_000_000);
    },
    reason: 'zeroWindowTimeout',
    error: 'ETIMEDOUT',
    fits: ({ notsent, retransmits }) => notsent > 0 && retransmits === 0,
  },
];

for (const { title, wish = fast, nat, befalls, reason, error, fits } of scenarios) {
  test(`${title} is told as ${reason}, with the evidence`, async (t) => {
    const scene = await openScene(t, wish, nat);
    await befalls(scene);
    const { diagnosis, error: told } = await scene.patient.closed();
    t.is(diagnosis.state, 'dead');
    t.is(diagnosis.reason, reason, JSON.stringify(diagnosis));
    t.is(told, error);
    t.is(diagnosis.errno, error);
    t.true(fits(diagnosis), JSON.stringify(diagnosis));
    t.true(diagnosis.keepalive.enabled);
  });
}

test('a peer that does not answer is suspect before it is dead, and proven when it is back', async (t) => {
  const { laboratory, patient } = await openScene(t, { ...fast, count: 60 });
  t.is((await patient.diagnose()).state, 'proven');
  laboratory.vanish('upstream');
  const suspect = await until('suspicion', async () => {
    const diagnosis = await patient.diagnose();
    return diagnosis.state === 'suspect' && diagnosis;
  });
  t.true(suspect.probes >= 1 && suspect.lastAck >= 2000, JSON.stringify(suspect));
  laboratory.reappear('upstream');
  const proven = await until('proof', async () => {
    const diagnosis = await patient.diagnose();
    return diagnosis.state === 'proven' && diagnosis;
  });
  t.true(proven.probes === 0 && proven.lastAck < proven.payloadIdle, JSON.stringify(proven));
});

let last: Promise<unknown> = Promise.resolve();

/**
 * A patient that is connected through the laboratory and has heard from its peer. Scenes open one after the other: a dozen
 * programs that start at once take longer than each of them may.
 */
function openScene(t: ExecutionContext, wish: KeepaliveWish, nat?: NatManner): Promise<Scene> {
  const scene = last.then(() => open(t, wish, nat));
  last = scene.catch(() => {});
  return scene;
}

async function open(t: ExecutionContext, wish: KeepaliveWish, nat?: NatManner): Promise<Scene> {
  const laboratory = await buildLaboratory(t, nat);
  const { peer, port } = await listenIn(t, laboratory.upstream, addresses.upstream);
  const to = { host: addresses.upstream, port };
  const patient = await connectPatient(t, laboratory.relay, to, wish);
  // The answer acknowledges the question, so nothing is in flight from the patient.
  patient.send(1);
  await peer.next('data', 1);
  peer.send(1);
  await patient.received();
  return { laboratory, patient, peer };
}
