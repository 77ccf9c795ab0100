// A reader that does not read: its sender is made to wait, memory stays bounded, and nothing is lost.
// The relay is a process of its own, so that its memory is not mixed with that of the peers.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type Connection, connectTo } from '../helpers/connection.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { until } from '../helpers/waiting.js';
import { runArguments } from '../helpers/warmline.js';

const megabyte = 1024 * 1024;
const payload = randomBytes(60 * megabyte);
const blockSize = 64 * 1024;

test.serial(
  '60 MB behind a client that does not read wait, cost less than 4 MB, and arrive intact',
  async (t) => {
    const upstream = await startUpstream(t);
    const { port } = upstream.address as { port: number };
    const words = ['--listen', '127.0.0.1:0', '--upstream', `127.0.0.1:${port}`];
    const warmline = runArguments(t, words);
    const { port: at } = await warmline.listening();
    await warmUp();
    const before = residentBytes(warmline.pid);

    const client = await connectTo(t, at);
    const server = await upstream.accept();
    const progress = sendInBlocks(server);
    await stalled(progress);
    t.true(progress.taken < payload.length, `${progress.taken} bytes were taken`);
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

/** Writes the payload and a FIN; `taken` tells how much of it the kernel has taken. */
function sendInBlocks(connection: Connection): { readonly taken: number } {
  const progress = { taken: 0 };
  const send = async () => {
    while (progress.taken < payload.length) {
      await connection.write(payload.subarray(progress.taken, progress.taken + blockSize));
      progress.taken += blockSize;
    }
    connection.finish();
  };
  send().catch(() => {}); // the reader's digest tells
  return progress;
}

/** Resolves when the kernel has taken nothing more for half a second. */
async function stalled(progress: { readonly taken: number }): Promise<void> {
  let last = { taken: -1, at: 0 };
  await until('stall', () => {
    if (progress.taken !== last.taken) last = { taken: progress.taken, at: Date.now() };
    return Date.now() - last.at > 500;
  });
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}
