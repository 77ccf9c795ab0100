// Sock diag: the sockets of others as the addon tells them, compared with sockets of this process whose options are known.

import { fstatSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { ExecutionContext } from 'ava';
import { loadAddon } from '../../src/engine/addon.js';
import type { DiagSocket } from '../../src/engine/sock_diag.js';
import { openFds } from '../helpers/fds.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { nextEvent } from '../helpers/waiting.js';

const addon = loadAddon();

test.serial('a connection is listed with its state, its timer and its inode', async (t) => {
  const { socket, fd } = await connectSocket(t);
  t.is(find(socket)?.timer, 0);
  addon.setKeepalive(fd, { idle: 500, interval: 10, count: 3, userTimeout: 0 });
  const listed = find(socket);
  t.is(listed?.state, 1);
  t.is(listed?.timer, 2);
  t.is(listed?.inode, fstatSync(fd).ino);
  t.is(listed?.uid, process.getuid?.());
  t.true((listed?.expires ?? 0) > 400_000 && (listed?.expires ?? 0) <= 500_000);
  t.true((listed?.lastHeard ?? -1) >= 0 && (listed?.payloadIdle ?? -1) >= 0);
});

test.serial('a listener is listed as one, without a timer', async (t) => {
  const server = createServer().listen(0, '::');
  t.teardown(() => server.close());
  await nextEvent(server, 'listening');
  const { port } = server.address() as { port: number };
  const listed = dump().find(({ local, state }) => state === 10 && local === `[::]:${port}`);
  t.like(listed, { timer: 0, peer: '[::]:0' });
});

test.serial("a process's socket is read back with all of its values", async (t) => {
  const { fd } = await connectSocket(t);
  const keepalive = { idle: 45, interval: 5, count: 4, userTimeout: 65_000 };
  addon.setKeepalive(fd, keepalive);
  const before = openFds().length;
  const inode = fstatSync(fd).ino;
  const answers = addon.readKeepaliveOf({ pid: process.pid, sockets: [{ fd, inode }] });
  t.deepEqual(answers, [{ ok: true, effective: { enabled: true, ...keepalive } }]);
  t.is(openFds().length, before);
});

test.serial('a descriptor that is another socket by now is refused', async (t) => {
  const { fd } = await connectSocket(t);
  const inode = fstatSync(fd).ino + 1;
  const [answer] = addon.readKeepaliveOf({ pid: process.pid, sockets: [{ fd, inode }] });
  t.deepEqual(answer, { ok: false, failure: { errno: 116, syscall: 'pidfd_getfd' } });
});

test.serial('a process that is not there is an answer for each socket', (t) => {
  const sockets = [
    { fd: 1, inode: 1 },
    { fd: 2, inode: 2 },
  ];
  const answers = addon.readKeepaliveOf({ pid: 2_147_483_647, sockets });
  t.is(answers.length, 2);
  t.true(answers.every((answer) => !answer.ok && answer.failure.syscall === 'pidfd_open'));
});

test.serial('a question that does not follow the contract is a TypeError', (t) => {
  t.throws(() => addon.dumpTcpSockets({} as never), { instanceOf: TypeError });
  t.throws(() => addon.dumpTcpSockets({ networkNamespace: '', limit: -1 }), {
    instanceOf: TypeError,
  });
  t.throws(() => addon.readKeepaliveOf({ pid: 1, sockets: [{ fd: 'x' }] } as never), {
    instanceOf: TypeError,
  });
});

async function connectSocket(t: ExecutionContext): Promise<{ socket: Socket; fd: number }> {
  const upstream = await startUpstream(t);
  const { host, port } = upstream.address as { host: string; port: number };
  const socket = connect({ host, port });
  t.teardown(() => socket.destroy());
  await nextEvent(socket, 'connect');
  // Node tells no descriptor of a socket but by this handle.
  const { fd } = (socket as unknown as { _handle: { fd: number } })._handle;
  return { socket, fd };
}

function find(socket: Socket): DiagSocket | undefined {
  return dump().find(({ local }) => local === `${socket.localAddress}:${socket.localPort}`);
}

function dump(): readonly DiagSocket[] {
  const result = addon.dumpTcpSockets({ networkNamespace: '', limit: 1_000_000 });
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.sockets;
}
