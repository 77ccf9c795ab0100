// Connects: connections a second that each carry one 64-byte request and its answer and are then closed by the client.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Figure } from '../figure.js';

const concurrency = 16;
/** A bound beside the time: each connection leaves a port in TIME_WAIT. */
const maxConnects = 20_000;
const message = Buffer.alloc(64, 'w');

export const connects: Figure = {
  name: 'connects',
  metrics: [{ label: 'connect, 64 B, close', unit: '1/s', better: 'more' }],
  load: async ({ echo }, seconds) => {
    const start = performance.now();
    const end = start + seconds * 1000;
    let done = 0;
    const work = async () => {
      while (performance.now() < end && done < maxConnects) {
        await exchange(echo);
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return [(done / (performance.now() - start)) * 1000];
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
