// A reader that does not read: its sender is made to wait, memory stays bounded, and nothing is lost.
// The relay is a process of its own, so that its memory is not mixed with that of the peers.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'ava';
import { connectTo } from '../helpers/connection.js';
import { startUpstream } from '../helpers/server.js';
import { tcpRows } from '../helpers/tcp_table.js';
import { until } from '../helpers/waiting.js';
import { runArguments } from '../helpers/warmline.js';

const megabyte = 1024 * 1024;
const payload = randomBytes(60 * megabyte);

test.serial(
  '60 MB behind a client that does not read wait, cost less than 4 MB, and arrive intact',
  async (t) => {
    const upstream = await startUpstream(t);
    const { port } = upstream.address as { port: number };
    const warmline = runArguments(t, [
      '--listen',
      '127.0.0.1:0',
      '--upstream',
      `127.0.0.1:${port}`,
    ]);
    const { port: at } = await warmline.listening();
    await warmUp();
    const before = residentBytes(warmline.pid);

    const client = await connectTo(t, at);
    const server = await upstream.accept();
    server.socket.end(payload);
    await stalled(server.socket.localPort ?? 0);
    const growth = residentBytes(warmline.pid) - before;
    t.true(growth < 4 * megabyte, `grew by ${growth} bytes`);

    const hash = createHash('sha256');
    t.is(await client.readAll((chunk) => hash.update(chunk)), 'fin');
    t.is(hash.digest('hex'), createHash('sha256').update(payload).digest('hex'));

    /** One session before the measurement, so that what is allocated once is not counted. */
    async function warmUp(): Promise<void> {
      const client = await connectTo(t, at);
      const server = await upstream.accept();
      server.socket.end(Buffer.alloc(megabyte));
      t.is(await client.readAll(), 'fin');
      client.finish();
      t.is(await server.readAll(), 'fin');
    }
  },
);

/** Resolves when the server's bytes do not move any more: its send queue and the relay's receive queue stand still. */
async function stalled(port: number): Promise<void> {
  let last = '';
  let same = 0;
  await until('stall', () => {
    const queues = tcpRows(port).map(({ sendQueue, receiveQueue }) => [sendQueue, receiveQueue]);
    const now = JSON.stringify(queues);
    same = now === last && queues.flat().some((bytes) => bytes > 0) ? same + 1 : 0;
    last = now;
    return same === 50;
  });
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
