// Idle death: a peer vanishes while nothing is sent, and keepalive notices. A program: demonstrations.ts runs it.
import type { Socket } from 'node:net';
import { loadAddon } from '../../../engine/addon.js';
import { detection } from '../../../keepalive/timeline.js';
import { fdOf } from '../../../sockets/fd.js';
import { setKeepaliveOrThrow } from '../../../sockets/tcp_socket.js';
import type { Demonstration } from '../demonstrations.js';
import { connectTo, deviceOf, echo, here, join, startEchoHost } from './laboratory.js';
import { tellFindings } from './tell.js';

const keepalive = { idle: 1, interval: 1, count: 2, userTimeout: 3000 };
const [ours, theirs] = ['10.79.0.1', '10.79.0.2'];

async function demonstrateIdleDeath(): Promise<readonly Demonstration[]> {
  const { host, port } = await startEchoHost();
  join({ host: here, address: ours }, { host, address: theirs });
  const socket = await connectTo(theirs, port);
  setKeepaliveOrThrow(loadAddon(), fdOf(socket), keepalive);
  // The kernel hears the answer a moment later, we another.
  const heard = performance.now();
  await echo(socket);
  // What is sent to it is dropped from now on, and nobody is told.
  host.run('ip', 'address', 'flush', 'dev', deviceOf(theirs));
  const code = await errorOf(socket);
  return [finding(code, Math.round(performance.now() - heard))];
}

/** Never comes without keepalive; the one who asked has a limit. */
function errorOf(socket: Socket): Promise<string | undefined> {
  return new Promise((resolve) => {
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
}

function finding(code: string | undefined, measured: number): Demonstration {
  const expected = detection(keepalive).idle;
  // The kernel is never early, and late by an eighth; the rest is for a busy machine. Without keepalive it takes hours.
  const isInTime = code === 'ETIMEDOUT' && measured >= expected && measured < 3 * expected;
  const outcome = isInTime ? 'shown' : 'contradicted';
  return { name: 'idleDeath', outcome, expected, measured, reason: null };
}

// The last line: by then everything above is defined.
await tellFindings(demonstrateIdleDeath);
