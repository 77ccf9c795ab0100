// Keepalive and TCP_INFO of a socket by its descriptor, on the real kernel.

import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { loadAddon } from '../../src/engine/addon.js';
import {
  getKeepaliveOrThrow,
  getTcpInfoOrThrow,
  setKeepaliveOrThrow,
} from '../../src/sockets/tcp_socket.js';
import { borrowSocketOptions, heldKeepalive } from '../helpers/sockets.js';
import { test } from '../helpers/steady.js';

const calls = loadAddon();
const keepalive = { idle: 61, interval: 11, count: 4, userTimeout: 105_000 };

test('what is set is returned, read back and seen from outside', async (t) => {
  const { fd, port } = await connected(t);
  t.false(getKeepaliveOrThrow(calls, fd).enabled);
  t.deepEqual(setKeepaliveOrThrow(calls, fd, keepalive), { enabled: true, ...keepalive });
  t.deepEqual(getKeepaliveOrThrow(calls, fd), { enabled: true, ...keepalive });
  t.deepEqual(seenOutside(port), [61, 11, 4, 105_000]);
});

test('null turns keepalive and the user timeout off', async (t) => {
  const { fd, port } = await connected(t);
  setKeepaliveOrThrow(calls, fd, keepalive);
  const { enabled, userTimeout } = setKeepaliveOrThrow(calls, fd, null);
  t.deepEqual({ enabled, userTimeout }, { enabled: false, userTimeout: 0 });
  t.is(seenOutside(port), null);
});

test('TCP_INFO counts what was sent and acknowledged', async (t) => {
  const { fd, socket } = await connected(t);
  const before = getTcpInfoOrThrow(calls, fd);
  t.is(before.state, 'established');
  socket.write('ping');
  await once(socket, 'data');
  const after = getTcpInfoOrThrow(calls, fd);
  t.is(after.bytesReceived - before.bytesReceived, 4);
  t.is(after.bytesAcked - before.bytesAcked, 4);
  t.true(after.sendMss > 0 && after.sendWindow > 0 && after.rtt > 0);
  t.deepEqual([after.probes, after.retransmits, after.unacked, after.notsent], [0, 0, 0, 0]);
});

test('a death is named by what the kernel knew', (t) => {
  const quiet = { retransmits: 0, unacked: 0, notsent: 0, sendMss: 1460, sendWindow: 65_535 };
  const probed = { ...quiet, probes: 4, lastAck: 105_000 };
  const [timedOut, reset] = [110, 104];
  t.is(calls.classifyDeath(timedOut, probed, keepalive), 'keepaliveTimeout');
  t.is(calls.classifyDeath(reset, probed, keepalive), 'resetAfterProbe');
  t.is(calls.classifyDeath(reset, { ...quiet, probes: 0, lastAck: 5 }, null), 'reset');
});

test('values that the kernel refuses are an error, and the others stay', async (t) => {
  const { fd } = await connected(t);
  const refused = { ...keepalive, interval: 40_000 };
  const error = t.throws(() => setKeepaliveOrThrow(calls, fd, refused), {
    code: 'WL_KEEPALIVE_REFUSED',
  });
  t.regex(error.message, /asked for .*interval 40000 s.*, got EINVAL from setsockopt/);
  t.false(getKeepaliveOrThrow(calls, fd).enabled);
});

for (const [what, open] of [
  ['a file', () => openSync('/dev/null', 'r')],
  ['a descriptor that is not open', () => 1_000_000],
] as const) {
  test(`${what} is refused`, (t) => {
    const fd = open();
    for (const ask of [
      () => getKeepaliveOrThrow(calls, fd),
      () => getTcpInfoOrThrow(calls, fd),
      () => setKeepaliveOrThrow(calls, fd, keepalive),
      () => setKeepaliveOrThrow(calls, fd, null),
    ]) {
      const { message } = t.throws(ask, { code: 'WL_SOCKET' });
      t.regex(
        message,
        /^fd \d+: expected an open TCP socket, got a descriptor .* from [gs]etsockopt/,
      );
    }
    if (fd < 1_000_000) closeSync(fd);
  });
}

/** A connection to an echo server, with the client's descriptor. */
async function connected(t: ExecutionContext) {
  const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  await once(socket, 'connect');
  t.teardown(() => {
    socket.destroy();
    server.close();
  });
  return { socket, fd: fdOf(socket), port: socket.localPort };
}

function fdOf(socket: Socket): number {
  return (socket as unknown as { _handle: { fd: number } })._handle.fd;
}

function seenOutside(port: number | undefined) {
  return heldKeepalive(
    borrowSocketOptions(process.pid).find(({ localPort }) => localPort === port),
  );
}
