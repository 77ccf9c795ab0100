// iperf3 through the relay: a control connection and data connections, in every direction.
import type { ExecutionContext } from 'ava';
import { command, requires } from '../helpers/requires.js';
import { freePort, type Relay, relayTo, runToEnd, startService } from '../helpers/service.js';

const test = requires(command('iperf3', 'iperf3'));

const directions = [
  { title: 'to the upstream', flags: [] },
  { title: 'to the client', flags: ['-R'] },
  { title: 'both ways at once', flags: ['--bidir'] },
  { title: 'to the upstream on 8 connections', flags: ['-P', '8'] },
];

for (const { title, flags } of directions) {
  test(`iperf3 moves data ${title}`, async (t) => {
    const { port } = await startIperf(t);
    const args = ['-c', '127.0.0.1', '-p', String(port), '-t', '2', '-J', ...flags];
    const { end } = JSON.parse(await runToEnd('iperf3', args));
    const results = [end.sum_received, end.sum_received_bidir_reverse ?? end.sum_received];
    for (const { bytes } of results) t.true(bytes > 10_000_000, `${bytes} bytes arrived`);
    t.log(
      `${results.map((result) => Math.round(result.bits_per_second / 1e6)).join(' and ')} Mbit/s`,
    );
  });
}

async function startIperf(t: ExecutionContext): Promise<Relay> {
  const port = await freePort();
  const args = ['-s', '-B', '127.0.0.1', '-p', String(port), '--forceflush'];
  const server = startService(t, ['iperf3', ...args]);
  await server.until('listener', (line) => line.startsWith('Server listening') || undefined);
  // iperf3 takes the first connection that its server accepts for the first that its client made; only one worker keeps
  // that order.
  return relayTo(t, port, 1);
}
