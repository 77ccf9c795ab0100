// An engine in a Worker thread that is terminated: sessions are reset, the port is free, the process lives.
import { Worker } from 'node:worker_threads';
import { connectTo } from '../helpers/connection.js';
import { guardFds } from '../helpers/fds.js';
import { startRelay } from '../helpers/relay.js';
import { startEcho } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { nextEvent } from '../helpers/waiting.js';

const script = new URL('../helpers/engine_thread.js', import.meta.url);

test.serial('a terminated thread closes its engine, sessions and all', async (t) => {
  guardFds(t);
  const endpoints = [await startEcho(t)];
  const thread = new Worker(script, { workerData: { endpoints } });
  const [port] = await nextEvent(thread, 'message');
  const client = await connectTo(t, Number(port));
  await client.write('alive');
  t.is(String(await client.read(5)), 'alive');

  t.is(await thread.terminate(), 1);
  t.is(await client.readAll(), 'ECONNRESET');
  const successor = startRelay(t, {
    listeners: [{ host: '127.0.0.1', port: Number(port) }],
    endpoints,
  });
  const next = await connectTo(t, successor.port);
  await next.write('again');
  t.is(String(await next.read(5)), 'again');
});

test.serial(
  'threads that are terminated while their engines start and relay do no harm',
  async (t) => {
    guardFds(t);
    const endpoints = [await startEcho(t)];
    for (let round = 0; round < 10; round++) {
      const thread = new Worker(script, { workerData: { endpoints } });
      // Even rounds end it while it starts, odd ones with a session under way.
      if (round % 2 === 1) {
        const [port] = await nextEvent(thread, 'message');
        await connectTo(t, Number(port));
      }
      await thread.terminate();
    }
    t.pass();
  },
);
