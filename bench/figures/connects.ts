// Connects: connections a second that each carry one 64-byte request and its answer and are then closed by the client.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Figure } from '../figure.js';
import { cpuTime } from '../process.js';

const concurrency = 16;
/** A bound beside the time: each connection leaves a port in TIME_WAIT. */
const maxConnects = 20_000;
const message = Buffer.alloc(64, 'w');

const label = 'connect, 64 B, close';

export const connects: Figure = {
  name: 'connects',
  metrics: [
    { label, unit: '1/s', better: 'more' },
    { label: `${label}, relay's CPU`, unit: 'µs/connection', better: 'less', relayOnly: true },
  ],
  load: async ({ echo, relayPid }, seconds) => {
    const [start, cpu] = [performance.now(), cpuTime(relayPid)];
    const end = start + seconds * 1000;
    let done = 0;
    const work = async () => {
      while (performance.now() < end && done < maxConnects) {
        await exchange(echo);
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    const [elapsed, spent] = [performance.now() - start, cpuTime(relayPid) - cpu];
    return [(done / elapsed) * 1000, (spent * 1e6) / done];
  },
};

async function exchange(port: number): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(message);
  let missing = message.length;
  socket.on('data', (chunk) => {
    missing -= chunk.length;
    if (missing === 0) socket.end();
  });
  await once(socket, 'close');
}
