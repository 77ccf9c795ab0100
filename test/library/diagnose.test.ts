// Diagnose on this machine alone: what only the program itself can tell, TLS, and what is refused.
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, createServer, type LookupFunction, type Socket } from 'node:net';
import { constants } from 'node:os';
import { pipeline } from 'node:stream';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import test, { type ExecutionContext } from 'ava';
import { closeReasons } from '../../src/engine/codes.js';
import { errnoName } from '../../src/engine/errno.js';
import {
  type DeadSocket,
  type DeathReason,
  deathReasons,
  diagnose,
  type EffectiveKeepalive,
  getKeepalive,
  getTcpInfo,
  setKeepalive,
  type TcpInfo,
  watch,
} from '../../src/index.js';
import { judgeLiveness } from '../../src/library/liveness.js';
import { unsaidErrno } from '../../src/library/post_mortem.js';
import {
  connectedAgentSocket,
  connectedPair,
  connectedTls,
  listen,
  testIdentity,
} from '../helpers/node_sockets.js';
import { nextEvent, until, within } from '../helpers/waiting.js';

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

test('a TLS socket that is reset is told so', async (t) => {
  const { client, server } = await connectedTls(t);
  watch(client);
  client.on('error', () => {});
  // What TLS itself still had to say is read before the reset.
  client.write('question');
  await nextEvent(client, 'data');
  server.resetAndDestroy();
  await closed(client);
  t.like(dead(t, client), { reason: 'reset', errno: 'ECONNRESET', syscall: 'read' });
});

test('a TLS socket whose peer finishes is told so', async (t) => {
  const { client, server } = await connectedTls(t);
  watch(client);
  client.resume();
  server.end();
  await closed(client);
  t.is(dead(t, client).reason, 'fin');
});

test('TLS over a socket that was connected before knows of the death, and the plain socket does not', async (t) => {
  const listener = createTlsServer(testIdentity, (socket) => socket.on('error', () => {}));
  const port = await listen(t, listener);
  const accepted = nextEvent(listener, 'connection');
  const secured = nextEvent(listener, 'secureConnection');
  const plain = connect(port, '127.0.0.1');
  t.teardown(() => plain.destroy());
  await nextEvent(plain, 'connect');
  setKeepalive(plain);
  const client = connectTls({ socket: plain, ca: testIdentity.cert, servername: 'localhost' });
  t.teardown(() => client.destroy());
  client.on('error', () => {});
  await nextEvent(client, 'secureConnect');
  watch(client);
  await secured;
  const [server] = (await accepted) as [Socket];
  client.resume();
  server.resetAndDestroy();
  await Promise.all([closed(client), closed(plain)]);
  t.is(dead(t, client).reason, 'reset');
  t.is(dead(t, plain).reason, 'destroyed');
});

test('an idle socket of an http.Agent that is reset is told so', async (t) => {
  const { client, server } = await connectedAgentSocket(t);
  setKeepalive(client);
  server.resetAndDestroy();
  await closed(client);
  t.is(dead(t, client).reason, 'reset');
});

test('an idle socket of an http.Agent that keeps the reset to itself is told so', async (t) => {
  const { client, server } = await connectedAgentSocket(t);
  setKeepalive(client);
  // As Node 22.23 and 24.21 do by themselves.
  const handle = (client as unknown as { _handle: { onread: () => void } })._handle;
  handle.onread = function freeSocketOnReadGuard() {
    client.destroy();
  };
  server.resetAndDestroy();
  await closed(client);
  t.is(dead(t, client).reason, 'reset');
});

test('an idle socket of an http.Agent that is destroyed is told so', async (t) => {
  const { client } = await connectedAgentSocket(t);
  setKeepalive(client);
  client.destroy();
  await closed(client);
  t.is(dead(t, client).reason, 'destroyed');
});

const kept = { enabled: true, idle: 10, interval: 5, count: 3, userTimeout: 25_000 };
const calm = { probes: 0, retransmits: 0, notsent: 0, lastAck: 0, lastSent: 0 };

const { ETIMEDOUT, ECONNRESET } = constants.errno;

const unsaid: readonly (readonly [
  string,
  Partial<TcpInfo>,
  Partial<EffectiveKeepalive>,
  number,
])[] = [
  ['no probe', { lastAck: 60_000 }, {}, ECONNRESET],
  ['a probe that was answered by it', { probes: 3, lastAck: 20_100 }, {}, ECONNRESET],
  ['probes until the user timeout', { probes: 3, lastAck: 25_004 }, {}, ETIMEDOUT],
  ['probes until the count', { probes: 3, lastAck: 25_000 }, { userTimeout: 0 }, ETIMEDOUT],
  ['data until the user timeout', { retransmits: 6, lastAck: 25_300 }, {}, ETIMEDOUT],
];

for (const [what, seen, has, errno] of unsaid) {
  test(`a death that nobody told, after ${what}, is ${errnoName(errno)}`, (t) => {
    const info = { ...calm, ...seen } as TcpInfo;
    t.is(unsaidErrno({ info, keepalive: { ...kept, ...has } }), errno);
  });
}

test('the socket of an HTTP/2 session is set, diagnosed while it lives and when it has died', async (t) => {
  const listener = createHttp2Server();
  const port = await listen(t, listener);
  const accepted = nextEvent(listener, 'connection');
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  t.teardown(() => session.destroy());
  session.on('error', () => {});
  await nextEvent(session, 'connect');
  const { socket } = session;
  t.is(setKeepalive(socket, { idle: '45s' }).idle, 45);
  t.is(diagnose(socket).state, 'proven');
  const [server] = (await accepted) as [Socket];
  const ended = new Promise<void>((resolve) => session.once('close', () => resolve()));
  server.destroy();
  await within('close', ended);
  t.is(dead(t, socket).keepalive.idle, 45);
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

test('the socket of an HTTP/2 session that has ended is refused as one that is closed', async (t) => {
  const port = await listen(t, createHttp2Server());
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  await nextEvent(session, 'connect');
  const { socket } = session;
  session.destroy();
  await nextEvent(session, 'close');
  for (const ask of [diagnose, watch, setKeepalive, getKeepalive, getTcpInfo]) {
    t.throws(() => void ask(socket), { code: 'WL_SOCKET', message: /got one that is closed/ });
  }
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

const looks: readonly (readonly [string, Partial<TcpInfo>, 'proven' | 'suspect'])[] = [
  ['silence', { lastAck: 3_600_000 }, 'proven'],
  ['a probe whose answer is on its way', { probes: 1, lastAck: 10_500 }, 'proven'],
  ['a probe without an answer for a second', { probes: 1, lastAck: 11_000 }, 'suspect'],
  ['two probes without an answer', { probes: 2, lastAck: 15_000 }, 'suspect'],
  ['a retransmission that has just left', { retransmits: 1, lastSent: 300 }, 'proven'],
  [
    'a retransmission without an answer for a second',
    { retransmits: 1, lastSent: 1000 },
    'suspect',
  ],
  ['several retransmissions', { retransmits: 2, lastSent: 100 }, 'suspect'],
  ['a probe of a closed window', { probes: 1, notsent: 5000, lastAck: 60_000 }, 'proven'],
  ['several probes of a closed window', { probes: 2, notsent: 5000 }, 'suspect'],
];

for (const [what, seen, state] of looks) {
  test(`${what} is ${state}`, (t) => {
    t.is(judgeLiveness({ ...calm, ...seen } as TcpInfo, kept), state);
  });
}

/** A name that has no address, without asking anybody. */
const nowhere: LookupFunction = (_, __, callback) =>
  callback(Object.assign(new Error('no such name'), { code: 'ENOTFOUND' }), '');

function watched(socket: Socket): Socket {
  watch(socket);
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  if (socket.closed) return;
  // Not nextEvent, which an 'error' before would end.
  await within("'close'", new Promise<void>((resolve) => socket.once('close', () => resolve())));
}

function dead(t: ExecutionContext, socket: Socket): DeadSocket {
  const diagnosis = diagnose(socket);
  if (diagnosis.state !== 'dead') throw t.fail(`it is ${diagnosis.state}`);
  return diagnosis;
}
