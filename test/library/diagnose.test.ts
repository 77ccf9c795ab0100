// Diagnose on this machine alone: what only the program itself can tell, and what is refused.
import { connect, createServer, type LookupFunction, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { closeReasons } from '../../src/engine/codes.js';
import {
  type DeadSocket,
  type DeathReason,
  deathReasons,
  diagnose,
  setKeepalive,
  watch,
} from '../../src/index.js';
import { closed, dead } from '../helpers/diagnosed.js';
import { connectedPair, listen } from '../helpers/node_sockets.js';
import { test } from '../helpers/steady.js';
import { nextEvent, until } from '../helpers/waiting.js';

test('a socket that is open is proven, with its evidence and what the kernel holds', async (t) => {
  const { client } = await connectedPair(t);
  const keepalive = setKeepalive(client, { idle: '45s' });
  const { lastAck, payloadIdle, ...rest } = diagnose(client);
  t.deepEqual(rest, { state: 'proven', probes: 0, retransmits: 0, notsent: 0, keepalive });
  t.true(lastAck < 10_000 && payloadIdle < 10_000);
});

test('a descriptor can be diagnosed as long as it is open', async (t) => {
  const { client } = await connectedPair(t);
  const { fd } = (client as unknown as { _handle: { fd: number } })._handle;
  t.is(diagnose(fd).state, 'proven');
});

test('a descriptor that listens has no peer to be diagnosed', async (t) => {
  const listener = createServer();
  await listen(t, listener);
  const { fd } = (listener as unknown as { _handle: { fd: number } })._handle;
  t.throws(() => diagnose(fd), { code: 'WL_SOCKET', message: /got one that listens$/ });
});

const ends: readonly (readonly [string, (socket: Socket) => void, DeathReason])[] = [
  ['destroyed by its own program', (socket) => void socket.destroy(), 'destroyed'],
  ['destroyed with an error', (socket) => void socket.destroy(new Error('ours')), 'destroyed'],
  ['reset by its own program', (socket) => void socket.resetAndDestroy(), 'destroyed'],
];

for (const [what, end, reason] of ends) {
  test(`a socket that is ${what} is dead, and told so`, async (t) => {
    const { client } = await connectedPair(t);
    watch(client);
    client.on('error', () => {});
    end(client);
    await closed(client);
    t.is(dead(t, client).reason, reason);
    t.is(dead(t, client).errno, '');
  });
}

test('a socket that is destroyed with what another died of did not die of it', async (t) => {
  const [patient, bystander, other] = [
    await connectedPair(t),
    await connectedPair(t),
    await connectedPair(t),
  ];
  for (const { client } of [patient, bystander, other]) {
    client.on('error', () => {});
    watch(client);
  }
  pipeline(patient.client, bystander.client, patient.client, () => {});
  patient.client.on('error', (error) => other.client.destroy(error));
  patient.server.resetAndDestroy();
  await Promise.all([patient, bystander, other].map(({ client }) => closed(client)));
  t.like(dead(t, patient.client), { reason: 'reset', errno: 'ECONNRESET', syscall: 'read' });
  for (const { client } of [bystander, other]) {
    t.like(dead(t, client), { reason: 'destroyed', errno: '', syscall: '' });
  }
});

test('a FIN is told when both sides have finished', async (t) => {
  const { client, server } = await connectedPair(t);
  watch(client);
  client.resume();
  server.end();
  await closed(client);
  t.is(dead(t, client).reason, 'fin');
});

test('a death that the program has not read yet is told as such', async (t) => {
  const { client, server } = await connectedPair(t);
  client.pause();
  watch(client);
  server.resetAndDestroy();
  const { reason } = (await until('death', () => {
    const diagnosis = diagnose(client);
    return diagnosis.state === 'dead' && diagnosis;
  })) as DeadSocket;
  t.is(reason, 'unread');
  t.false(client.destroyed);
});

test('watching twice tells as much as once', async (t) => {
  const { client } = await connectedPair(t);
  const { _destroy } = watched(client);
  t.is(watched(client)._destroy, _destroy);
  client.destroy();
  await closed(client);
  t.is(dead(t, client).reason, 'destroyed');
});

test('a socket that is connected again is alive, and dies of something else', async (t) => {
  const port = await listen(t, createServer());
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  await nextEvent(socket, 'connect');
  watch(socket);
  socket.destroy();
  await closed(socket);
  t.is(dead(t, socket).reason, 'destroyed');

  socket.connect(port, '127.0.0.1');
  t.throws(() => diagnose(socket), { code: 'WL_SOCKET', message: /got one that is connecting/ });
  await nextEvent(socket, 'connect');
  t.is(diagnose(socket).state, 'proven');
  setKeepalive(socket, { idle: '45s' });
  socket.destroy();
  await closed(socket);
  t.is(dead(t, socket).keepalive.idle, 45);
});

test('a socket that could not be connected again is not told to have died of the first time', async (t) => {
  const { client } = await connectedPair(t);
  watch(client);
  client.destroy();
  await closed(client);
  client.connect({ host: 'nowhere', port: 1, lookup: nowhere });
  await t.throwsAsync(nextEvent(client, 'close'), { code: 'ENOTFOUND' });
  t.throws(() => diagnose(client), { code: 'WL_SOCKET' });
});

test('a closed socket that nobody watched is refused, with what to do', async (t) => {
  const { client } = await connectedPair(t);
  client.destroy();
  await closed(client);
  t.throws(() => diagnose(client), {
    code: 'WL_SOCKET',
    message: /got one that is closed; call watch\(\) or setKeepalive\(\) while it is open$/,
  });
  t.throws(() => watch(client), { code: 'WL_SOCKET', message: /got one that is closed$/ });
});

test('what is no socket is refused', (t) => {
  for (const wrong of [undefined, null, '7', {}]) {
    t.throws(() => diagnose(wrong as unknown as Socket), {
      code: 'WL_SOCKET',
      message: /got something else$/,
    });
  }
});

test('a descriptor can not be watched', async (t) => {
  const { client } = await connectedPair(t);
  const { fd } = (client as unknown as { _handle: { fd: number } })._handle;
  t.throws(() => watch(fd as unknown as Socket), {
    code: 'WL_SOCKET',
    message: /got a descriptor$/,
  });
});

test('the reasons are the close reasons of the relay without the leg, and two of a program', (t) => {
  const ofLegs = closeReasons
    .filter((reason) => /^client/.test(reason) && reason !== 'clientOptionRefused')
    .map((reason) => `${reason.charAt(6).toLowerCase()}${reason.slice(7)}`);
  t.deepEqual([...deathReasons], [...ofLegs, 'destroyed', 'unread']);
});

/** A name that has no address, without asking anybody. */
const nowhere: LookupFunction = (_, __, callback) =>
  callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '');

function watched(socket: Socket): Socket {
  watch(socket);
  return socket;
}
