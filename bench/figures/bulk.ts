// Bulk: bytes a second from the upstream to the client, over one and over many connections.
import { connect, type Socket } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { type Figure, type Target, warmUp } from '../figure.js';
import { cpuTime } from '../process.js';

export const bulkOne: Figure = bulk(1);
export const bulkMany: Figure = bulk(16);

function bulk(connections: number): Figure {
  const label = `bulk, ${plural(connections)}`;
  return {
    name: `bulk-${connections}`,
    metrics: [
      { label, unit: 'MB/s', better: 'more' },
      { label: `${label}, relay's CPU`, unit: 'ms/GB', better: 'less', relayOnly: true },
    ],
    load: async ({ source, relayPid }: Target, seconds) => {
      let received = 0;
      const drain = () => openDrain(source, (bytes) => (received += bytes));
      const sockets = Array.from({ length: connections }, drain);
      await after(warmUp * 1000);
      received = 0;
      const [start, cpu] = [performance.now(), cpuTime(relayPid)];
      await after(seconds * 1000);
      const [elapsed, spent] = [performance.now() - start, cpuTime(relayPid) - cpu];
      for (const socket of sockets) socket.destroy();
      return [received / elapsed / 1000, (spent * 1000) / (received / 1e9)];
    },
  };
}

/** Reads into one buffer again and again: the cheapest reader that Node has. */
function openDrain(port: number, onBytes: (bytes: number) => void): Socket {
  const callback = (bytes: number) => {
    onBytes(bytes);
    return true;
  };
  return connect({
    port,
    host: '127.0.0.1',
    onread: { buffer: Buffer.alloc(256 * 1024), callback },
  });
}

function plural(connections: number): string {
  return connections === 1 ? '1 connection' : `${connections} connections`;
}
