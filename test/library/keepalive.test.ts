// The library's setKeepalive, getKeepalive and getTcpInfo on what Node programs have, checked by asking the kernel from
// outside.
import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { Worker } from 'node:worker_threads';
import type { ExecutionContext } from 'ava';
import type z from 'zod';
import type { legSchema } from '../../src/config/schema.js';
import {
  getKeepalive,
  getTcpInfo,
  type KeepaliveWish,
  setKeepalive,
  type TcpSocket,
} from '../../src/index.js';
import {
  connectedAgentSocket,
  connectedPair,
  connectedTls,
  listen,
} from '../helpers/node_sockets.js';
import { borrowSocketOptions, type HeldKeepalive, heldKeepalive } from '../helpers/sockets.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { nextEvent } from '../helpers/waiting.js';

const kinds: Readonly<Record<string, (t: ExecutionContext) => Promise<Socket>>> = {
  'a net.Socket': async (t) => (await connectedPair(t)).client,
  'an accepted net.Socket': async (t) => (await connectedPair(t)).server,
  'a tls.TLSSocket': async (t) => (await connectedTls(t)).client,
  'a socket of an http.Agent': async (t) => (await connectedAgentSocket(t)).client,
};

for (const [kind, open] of Object.entries(kinds)) {
  // One at a time: looking from outside stops the event loop of all.
  test.serial(
    `${kind} takes all four values, which are returned, read back and seen from outside`,
    async (t) => {
      const socket = await open(t);
      const held = setKeepalive(socket, { idle: '61s', interval: '11s', count: 4 });
      const expected = { enabled: true, idle: 61, interval: 11, count: 4, userTimeout: 105_000 };
      t.deepEqual(held, expected);
      t.deepEqual(getKeepalive(socket), expected);
      t.deepEqual(seenOutside(socket), [61, 11, 4, 105_000]);
      t.is(getTcpInfo(socket).state, 'established');
    },
  );
}

test('a descriptor does as well as its socket', async (t) => {
  const { client } = await connectedPair(t);
  const { fd } = (client as unknown as { _handle: { fd: number } })._handle;
  t.is(setKeepalive(fd, { idle: '33s' }).idle, 33);
  t.deepEqual(getKeepalive(fd), getKeepalive(client));
  t.is(getTcpInfo(fd).state, 'established');
});

test('Worker threads use it side by side', async (t) => {
  const port = await listen(t, createServer());
  const script = new URL('../helpers/keeping_thread.js', import.meta.url);
  const threads = [1, 2].map(() => new Worker(script, { workerData: port }));
  const messages = await Promise.all(threads.map((thread) => nextEvent(thread, 'message')));
  for (const [told] of messages) {
    const expected = { held: { enabled: true, idle: 44 }, diagnosis: { reason: 'destroyed' } };
    t.like(told as object, expected);
  }
  await Promise.all(threads.map((thread) => thread.terminate()));
});

const wishes: readonly (readonly [string, KeepaliveWish, HeldKeepalive])[] = [
  ['nothing gives the built-in values', {}, [60, 10, 3, 90_000]],
  ['a value leaves the others built in', { idle: '2m' }, [120, 10, 3, 150_000]],
  ['no user timeout', { userTimeout: 'off' }, [60, 10, 3, 0]],
  ['a user timeout', { userTimeout: '1500ms' }, [60, 10, 3, 1500]],
  ['a preset', { preset: 'aws-classic-lb' }, [20, 10, 7, 90_000]],
  ['what a box remembers', { natTimeout: '30s', deadAfter: '90s' }, [10, 10, 8, 90_000]],
  ['when death is to be noticed', { deadAfter: '30s' }, [21, 3, 3, 30_000]],
  ['off', 'off', null],
];

test('what is wanted is derived as in the configuration', async (t) => {
  const { client } = await connectedPair(t);
  for (const [what, wish, values] of wishes) {
    const { enabled, idle, interval, count, userTimeout } = setKeepalive(client, wish);
    if (values === null) t.deepEqual([enabled, userTimeout], [false, 0], what);
    else t.deepEqual([enabled, idle, interval, count, userTimeout], [true, ...values], what);
  }
});

test('everything that is wrong with a wish is told at once, and nothing is set', async (t) => {
  const { client } = await connectedPair(t);
  const wish = {
    idle: 30,
    count: 0,
    usertimeout: 'auto',
    preset: 'aws',
  } as unknown as KeepaliveWish;
  const { message } = t.throws(() => setKeepalive(client, wish), { code: 'WL_ARGUMENT' });
  t.deepEqual(message.split('\n'), [
    'setKeepalive: keepalive.idle: expected a duration such as "30s", got 30 (a number without a unit)',
    'setKeepalive: keepalive.count: expected a whole number from 1 to 127, got 0',
    `setKeepalive: keepalive.preset: ${message.match(/expected one of aws-nlb-tcp, .*, got "aws"/)?.[0]}`,
    'setKeepalive: keepalive.usertimeout: expected a known key, got "usertimeout" (did you mean userTimeout?)',
  ]);
  t.false(getKeepalive(client).enabled);
});

test('keys that can not hold together are told with what could', async (t) => {
  const { client } = await connectedPair(t);
  const { message } = t.throws(() => setKeepalive(client, { idle: '60s', deadAfter: '30s' }), {
    code: 'WL_ARGUMENT',
  });
  t.regex(
    message,
    /^setKeepalive: keepalive\.deadAfter: expected keys that can hold together, got /,
  );
});

for (const wrong of [undefined, null, 30, 'on', []]) {
  test(`a wish that is ${JSON.stringify(wrong)} is ${wrong === undefined ? 'the built-in one' : 'refused'}`, async (t) => {
    const { client } = await connectedPair(t);
    const set = () => setKeepalive(client, wrong as unknown as KeepaliveWish);
    if (wrong === undefined) t.is(set().idle, 60);
    else
      t.throws(set, {
        code: 'WL_ARGUMENT',
        message: /^setKeepalive: keepalive: expected "off" or/,
      });
  });
}

test('a socket that is not connected is refused, and why', async (t) => {
  const { client } = await connectedPair(t);
  const port = await listen(t, createServer());
  const connecting = connect(port, '127.0.0.1');
  t.teardown(() => connecting.destroy());
  refused(t, connecting, /got one that is connecting; wait for its 'connect' event$/);
  refused(t, new Socket(), /got one that was never connected$/);
  client.destroy();
  refused(t, client, /got one that is closed$/);
  const overStream = new TLSSocket(new Duplex({ read() {}, write() {} }) as Socket);
  t.teardown(() => overStream.destroy());
  refused(t, overStream, /got one without a descriptor, such as TLS over a stream$/);
  await once(connecting, 'connect');
  t.is(setKeepalive(connecting).idle, 60);
});

test('what is no TCP socket is refused, and what it is', async (t) => {
  const path = join(temporaryFolder(t), 'socket');
  const server = createServer().listen(path);
  await once(server, 'listening');
  const unix = connect(path);
  await once(unix, 'connect');
  t.teardown(() => {
    unix.destroy();
    server.close();
  });
  refused(t, unix, /got a socket of another kind \(ENOTSUP from [gs]etsockopt\(TCP_\w+\)\)$/);
  for (const fd of [-1, 1.5, Number.NaN, 2 ** 32]) refused(t, fd, new RegExp(`got ${fd}$`));
  refused(t, {} as Socket, /got something else$/);
  refused(
    t,
    1_000_000,
    /^fd 1000000: expected an open TCP socket, got a descriptor that is not open/,
  );
});

test('the types take what the configuration takes, and nothing else', (t) => {
  const sameBothWays = (wish: KeepaliveWish, written: z.input<typeof legSchema>) => {
    const there: z.input<typeof legSchema> = wish;
    const back: KeepaliveWish = written;
    return [there, back];
  };
  t.is(sameBothWays('off', 'off').length, 2);
});

function refused(t: ExecutionContext, socket: TcpSocket, message: RegExp): void {
  for (const ask of [getKeepalive, getTcpInfo, setKeepalive]) {
    t.throws(() => ask(socket), { code: 'WL_SOCKET', message });
  }
}

function seenOutside({ localPort }: Socket): HeldKeepalive | undefined {
  return heldKeepalive(
    borrowSocketOptions(process.pid).find((socket) => socket.localPort === localPort),
  );
}
