// Messages: 64-byte round trips, each connection sending its next message when the last has come back.
import { once } from 'node:events';
import { connect } from 'node:net';
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import { setTimeout as after } from 'node:timers/promises';
import { type Figure, warmUp } from '../figure.js';
import { cpuTime } from '../process.js';

export const messagesOne: Figure = messages(1);
export const messagesMany: Figure = messages(50);

const message = Buffer.alloc(64, 'w');

function messages(connections: number): Figure {
  const label = `64 B round trips at ${connections}`;
  return {
    name: `messages-${connections}`,
    metrics: [
      { label, unit: '1/s', better: 'more' },
      { label: `${label}, p50`, unit: 'µs', better: 'less' },
      { label: `${label}, p99`, unit: 'µs', better: 'less' },
      { label: `${label}, relay's CPU`, unit: 'µs/round trip', better: 'less', relayOnly: true },
    ],
    load: async ({ echo, relayPid }, seconds) => {
      const latency = createHistogram();
      const opened = Array.from({ length: connections }, () => openPinger(echo, latency));
      const pingers = await Promise.all(opened);
      await after(warmUp * 1000);
      latency.reset();
      const [start, cpu] = [performance.now(), cpuTime(relayPid)];
      await after(seconds * 1000);
      const [elapsed, spent] = [performance.now() - start, cpuTime(relayPid) - cpu];
      for (const pinger of pingers) pinger.destroy();
      const { count } = latency;
      const [p50, p99] = [latency.percentile(50) / 1000, latency.percentile(99) / 1000];
      return [(count / elapsed) * 1000, p50, p99, (spent * 1e6) / count];
    },
  };
}

async function openPinger(port: number, latency: RecordableHistogram) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  let sent = process.hrtime.bigint();
  let missing = message.length;
  socket.on('data', (chunk) => {
    missing -= chunk.length;
    if (missing > 0) return;
    const now = process.hrtime.bigint();
    latency.record(now - sent);
    sent = now;
    missing = message.length;
    socket.write(message);
  });
  socket.write(message);
  return socket;
}
