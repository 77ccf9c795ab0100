// No file descriptors left: the sessions that live go on, nothing spins, and accepting goes on once some are free.
import { readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import type { Milliseconds } from '../../src/units.js';
import { type Connection, connectTo, startConnecting } from '../helpers/connection.js';
import { startEcho } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { until } from '../helpers/waiting.js';
import { runArguments } from '../helpers/warmline.js';

test.serial(
  '64 descriptors and 60 clients: nothing spins, those inside are served, and it recovers',
  async (t) => {
    const { port } = (await startEcho(t)) as { port: number };
    const words = ['--listen', '127.0.0.1:0', '--upstream', `127.0.0.1:${port}`];
    const warmline = runArguments(t, words, (...command) => [
      'sh',
      '-c',
      limited,
      'sh',
      ...command,
    ]);
    const { port: at } = await warmline.listening();

    const inside = await Promise.all(Array.from({ length: 5 }, () => connectTo(t, at)));
    for (const client of inside) t.true(await isServed(client));
    const crowd = Array.from({ length: 60 }, () => startConnecting(t, at));
    t.like(await warmline.event('acceptPaused'), { errno: 'EMFILE' });

    const busy = await cpuShare(warmline.pid, 1_000);
    t.true(busy < 0.05, `used ${Math.round(busy * 100)} % of a CPU`);
    for (const client of inside) t.true(await isServed(client));

    for (const client of crowd) client.socket.destroy();
    await until('service for a new client', () => isServed(startConnecting(t, at)), 3_000);
    await warmline.event('acceptResumed');
  },
);

const limited = 'ulimit -n 64 && exec "$@"';

/** Whether what the client sends comes back. */
async function isServed(client: Connection): Promise<boolean> {
  await client.write('x').catch(() => {});
  return await client.read(1).then(
    () => true,
    () => false,
  );
}

/** The share of one CPU that a process uses over a while (proc_pid_stat(5): utime and stime, in hundredths). */
async function cpuShare(pid: number, duration: Milliseconds): Promise<number> {
  const before = cpuTicks(pid);
  await after(duration);
  return ((cpuTicks(pid) - before) * 10) / duration;
}

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
