// NAT: a box in between forgets what is silent for 4 s. Of two connections that are idle for twice as long, probes keep one
// alive, and the other is lost. A program: demonstrations.ts runs it.
import type { Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { loadAddon } from '../../../engine/addon.js';
import { fdOf } from '../../../sockets/fd.js';
import { setKeepaliveOrThrow } from '../../../sockets/tcp_socket.js';
import type { Milliseconds, Seconds } from '../../../units.js';
import {
  type Demonstration,
  type DemonstrationName,
  natMemory,
  natSilence,
} from '../demonstrations.js';
import {
  connectTo,
  deviceOf,
  echo,
  type Host,
  here,
  join,
  startEchoHost,
  startHost,
} from './laboratory.js';
import { tellFindings } from './tell.js';

const keepalive = { idle: 1, interval: 1, count: 3, userTimeout: 0 };
/** How long an answer is waited for. */
const patience: Milliseconds = 2000;

const inside = { here: '10.80.0.1', nat: '10.80.0.2' };
const outside = { nat: '10.81.0.1', upstream: '10.81.0.2' };

async function demonstrateNat(): Promise<readonly Demonstration[]> {
  const [nat, { host: upstream, port }] = await Promise.all([startHost(), startEchoHost()]);
  join({ host: here, address: inside.here }, { host: nat, address: inside.nat });
  join({ host: nat, address: outside.nat }, { host: upstream, address: outside.upstream });
  here.run('ip', 'route', 'add', 'default', 'via', inside.nat);
  translate(nat, natMemory);
  const warm = await connectTo(outside.upstream, port);
  const cold = await connectTo(outside.upstream, port);
  setKeepaliveOrThrow(loadAddon(), fdOf(warm), keepalive);
  await after(natSilence);
  const [warmly, coldly] = await Promise.all([askAgain(warm), askAgain(cold)]);
  return [
    findingOf('natKeptWarm', warmly.answered, warmly.took),
    findingOf('natForgets', !coldly.answered, coldly.took),
  ];
}

/** Makes a host a NAT that forgets. A segment of a connection that it does not remember is invalid, and dropped. */
function translate(nat: Host, remembers: Seconds): void {
  nat.run('nft', rules);
  write(nat, 'net/netfilter/nf_conntrack_tcp_timeout_established', remembers);
  write(nat, 'net/netfilter/nf_conntrack_tcp_loose', 0);
  write(nat, 'net/ipv4/ip_forward', 1);
}

const rules = `
  table ip warmline {
    chain out { type nat hook postrouting priority 100; oifname "${deviceOf(outside.nat)}" masquerade; }
    chain through { type filter hook forward priority 0; ct state invalid drop; }
  }`;

function write(host: Host, setting: string, value: number): void {
  host.run('sh', '-c', `echo ${value} > /proc/sys/${setting}`);
}

interface Answer {
  readonly answered: boolean;
  readonly took: Milliseconds;
}

async function askAgain(socket: Socket): Promise<Answer> {
  const asked = performance.now();
  const answered = await echo(socket, AbortSignal.timeout(patience)).then(
    () => true,
    () => false,
  );
  return { answered, took: Math.round(10 * (performance.now() - asked)) / 10 };
}

function findingOf(
  name: DemonstrationName,
  isShown: boolean,
  measured: Milliseconds,
): Demonstration {
  const outcome = isShown ? 'shown' : 'contradicted';
  return { name, outcome, expected: null, measured, reason: null };
}

// The last line: by then everything above is defined.
await tellFindings(demonstrateNat);
