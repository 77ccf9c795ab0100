// TcpPath: what becomes of one real connection, told apart. The far end is in this process.
import { setMaxListeners } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { steadyClock, systemTimers } from '../../src/clock.js';
import { loadAddon } from '../../src/engine/addon.js';
import { TcpPath } from '../../src/toolkit/probe/tcp_path.js';
import { startUnanswering } from '../helpers/dead_ends.js';
import { test } from '../helpers/steady.js';
import { nextEvent } from '../helpers/waiting.js';

const means = { calls: loadAddon(), clock: steadyClock, timers: systemTimers };
const never = new AbortController().signal;
setMaxListeners(0, never); // all tests wait with it
const silent = { idle: 1500, period: null };

test('a connection that is known answers the probe', async (t) => {
  const path = await pathTo(t, () => {});
  const answer = await path.measure(silent, never);
  t.like(answer, { verdict: 'alive', closedBy: null, why: null });
  t.true(Number(answer?.idle) >= 1500, `${answer?.idle}`);
});

test('words of the far end put the probe off until it was silent for long enough', async (t) => {
  const path = await pathTo(t, async (socket) => {
    await after(700);
    socket.write('220 welcome\r\n');
  });
  const began = Date.now();
  const answer = await path.measure(silent, never);
  t.is(answer?.verdict, 'alive');
  t.true(Number(answer?.idle) >= 1500 && Date.now() - began >= 2200, `${answer?.idle}`);
});

test('words that come three times are waited out', async (t) => {
  const path = await pathTo(t, async (socket) => {
    for (let word = 1; word <= 3; word++) {
      await after(1300);
      socket.write('tick');
    }
  });
  const answer = await path.measure(silent, never);
  t.like(answer, { verdict: 'alive', why: null });
  t.true(Number(answer?.idle) >= 1500, `${answer?.idle}`);
});

test('a far end that is never silent teaches nothing', async (t) => {
  const path = await pathTo(t, (socket) => {
    const speak = setInterval(() => socket.write('tick'), 100);
    socket.on('close', () => clearInterval(speak));
  });
  const why = 'the far end was never silent for so long';
  t.like(await path.measure(silent, never), { verdict: 'unclear', why });
});

test('a far end that keeps the connection warm by itself teaches nothing', async (t) => {
  const path = await pathTo(t, (socket) => socket.setKeepAlive(true, 1000));
  const why = 'the far end sends keepalive probes of its own';
  t.like(await path.measure({ idle: 60_000, period: null }, never), { verdict: 'unclear', why });
});

for (const [by, close] of [
  ['fin', (socket: Socket) => socket.end()],
  ['reset', (socket: Socket) => socket.resetAndDestroy()],
] as const) {
  test(`a far end that closes an idle connection with a ${by} is told so`, async (t) => {
    const path = await pathTo(t, async (socket) => {
      await after(1200);
      close(socket);
    });
    const answer = await path.measure({ idle: 60_000, period: null }, never);
    t.like(answer, { verdict: 'closed', closedBy: by });
    t.true(Number(answer?.idle) >= 1100, `${answer?.idle}`);
  });
}

test('a farewell right before the close does not hide how idle the connection was', async (t) => {
  const path = await pathTo(t, async (socket) => {
    await after(1500);
    socket.end('421 timeout exceeded\r\n');
  });
  const answer = await path.measure({ idle: 60_000, period: null }, never);
  t.like(answer, { verdict: 'closed', closedBy: 'fin' });
  t.true(Number(answer?.idle) >= 1400, `${answer?.idle}`);
});

test('a far end that turns a connection away has not found it idle', async (t) => {
  const path = await pathTo(t, (socket) => socket.end());
  const why = 'the far end closed the connection at once';
  t.like(await path.measure(silent, never), { verdict: 'unclear', why });
});

test('a connection that is kept warm is looked at when it is old enough', async (t) => {
  const path = await pathTo(t, () => {});
  const answer = await path.measure({ idle: 2500, period: 1 }, never);
  t.is(answer?.verdict, 'alive');
  // A timer may end a millisecond before the clock says so.
  t.true(Number(answer?.idle) >= 2490, `${answer?.idle}`);
});

test('what is no longer wanted is closed at once', async (t) => {
  const enough = new AbortController();
  let ended: Promise<unknown[]> | undefined;
  const path = await pathTo(t, (socket) => {
    ended = nextEvent(socket, 'end');
    enough.abort();
  });
  t.is(await path.measure({ idle: 60_000, period: null }, enough.signal), undefined);
  await t.notThrowsAsync(async () => await ended);
});

test('what does not answer a SYN is not waited for when it is no longer wanted', async (t) => {
  const address = await startUnanswering(t);
  const path = new TcpPath(means, address);
  const enough = new AbortController();
  const both = Promise.all([path.measure(silent, enough.signal), path.obstacle(enough.signal)]);
  enough.abort();
  t.deepEqual(await both, [undefined, undefined]);
});

test('a port that nobody listens on is an obstacle', async (t) => {
  const path = await pathTo(t, () => {});
  t.is(await path.obstacle(never), null);
  const closed = new TcpPath(means, { host: '127.0.0.1', port: 1 });
  t.is(await closed.obstacle(never), 'ECONNREFUSED');
  t.like(await closed.measure(silent, never), { verdict: 'unclear', why: 'ECONNREFUSED' });
});

/** A path to a server that does this with each connection. */
async function pathTo(t: ExecutionContext, serve: (socket: Socket) => unknown): Promise<TcpPath> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.resume();
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await nextEvent(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new TcpPath(means, { host: '127.0.0.1', port });
}
