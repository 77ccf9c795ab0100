// Redis through the relay: a command, a benchmark, and a message to a subscriber after a pause.
import type { Port } from '../../src/units.js';
import { startRedis } from '../helpers/daemons.js';
import { command, requires } from '../helpers/requires.js';
import { relayTo, runToEnd, startService } from '../helpers/service.js';
import { probesFlowed } from '../helpers/sockets.js';

const test = requires(
  command('redis-server', 'redis-server'),
  command('redis-cli', 'redis-tools'),
  command('redis-benchmark', 'redis-tools'),
  command('ss', 'iproute2'),
);

test('redis-cli stores a value and gets it back', async (t) => {
  const { port } = await relayTo(t, await startRedis(t));
  t.is(await runToEnd('redis-cli', [...cli(port), 'set', 'key', 'warm']), 'OK\n');
  t.is(await runToEnd('redis-cli', [...cli(port), 'get', 'key']), 'warm\n');
});

test('redis-benchmark runs to its end with 50 clients and pipelining', async (t) => {
  const { port } = await relayTo(t, await startRedis(t));
  const load = ['-n', '50000', '-c', '50', '-P', '16', '-t', 'set,get', '--csv'];
  const table = await runToEnd('redis-benchmark', [...cli(port), ...load]);
  const [, ...results] = table.trim().split('\n');
  t.deepEqual(
    results.map((line) => line.split(',')[0]),
    ['"SET"', '"GET"'],
  );
});

test('a subscriber gets a message after a pause in which only probes flow', async (t) => {
  const upstreamPort = await startRedis(t);
  const { port } = await relayTo(t, upstreamPort);
  const subscriber = startService(t, ['redis-cli', ...cli(port), 'subscribe', 'news']);
  await subscriber.until('subscription', (line) => line === 'subscribe' || undefined);

  await probesFlowed(`( sport = :${port} )`, 2);
  await probesFlowed(`( dport = :${upstreamPort} )`, 2);

  await runToEnd('redis-cli', [...cli(port), 'publish', 'news', 'still warm']);
  await subscriber.until('message', (line) => line === 'still warm' || undefined);
  t.pass();
});

function cli(port: Port): string[] {
  return ['-h', '127.0.0.1', '-p', String(port)];
}
