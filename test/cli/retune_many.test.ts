// SIGHUP with hundreds of sessions on several workers: each is brought to the new keepalive, and counted once.
import { type Connection, connectTo } from '../helpers/connection.js';
import { command, ptraceOfOthers, requires } from '../helpers/requires.js';
import { startEcho } from '../helpers/server.js';
import type { HeldKeepalive } from '../helpers/sockets.js';
import { routeTo, Tuned } from '../helpers/tuned.js';

const test = requires(
  command('setpriv', 'util-linux'),
  command('python3', 'python3'),
  ptraceOfOthers,
);

const builtIn = [60, 10, 3, 90_000] as const;

test('hundreds of sessions over several workers are retuned and counted, each once', async (t) => {
  const echo = await startEcho(t);
  const upstreamPort = 'port' in echo ? echo.port : 0;
  const yaml = (keepalive: string) => `workers: 3
routes:
  - { name: many, listen: '127.0.0.1:0', upstream: '127.0.0.1:${upstreamPort}', keepalive: ${keepalive} }
  - { name: few, listen: '127.0.0.1:0', upstream: '127.0.0.1:${upstreamPort}' }
`;
  const tuned = new Tuned(t, yaml('{}'));
  const { port: many } = await tuned.listening('many');
  const { port: few } = await tuned.listening('few');
  const connectAll = async (port: number, count: number) => {
    const clients = await Promise.all(Array.from({ length: count }, () => connectTo(t, port)));
    for (const client of clients) await client.write('x');
    for (const client of clients) await client.read(1);
    return clients;
  };
  const clients = [...(await connectAll(many, 600)), ...(await connectAll(few, 100))];
  t.is(await tuned.retune(yaml('{ idle: 30s }')), 'retuned 600 sessions on 1 route');
  t.deepEqual(await retunedCounts(tuned, 1), [['many', 600, 0, 0]]);
  t.is(countOf(tuned.held(many), [30, 10, 3, 60_000]), 600);
  t.is(countOf(tuned.held(few), builtIn), 100);
  t.is(countOf(tuned.heldTo(upstreamPort), [30, 10, 3, 60_000]), 600);
  t.is(countOf(tuned.heldTo(upstreamPort), builtIn), 100);

  t.is(await tuned.hangUp(), 'no keepalive has changed');
  const later = await connectAll(many, 10);
  t.is(
    await tuned.retune(yaml('{ client: off, upstream: { idle: 30s } }')),
    'retuned 610 sessions on 1 route',
  );
  t.is(countOf(tuned.held(many), null), 610);
  for (const client of [...clients, ...later]) await client.write('y');
  for (const client of [...clients, ...later]) t.is(String(await client.read(1)), 'y');
});

test('sessions that arrive while keepalive changes hold what the file says in the end', async (t) => {
  const echo = await startEcho(t);
  const upstreamPort = 'port' in echo ? echo.port : 0;
  const yaml = (idle: number) =>
    `workers: 2\n${routeTo(upstreamPort, `, keepalive: { idle: ${idle}s, userTimeout: off }`)}`;
  const tuned = new Tuned(t, yaml(100));
  const { port } = await tuned.listening();
  const clients: Promise<Connection>[] = [];
  for (let idle = 101; idle <= 140; idle++) {
    for (let i = 0; i < 10; i++) clients.push(connectTo(t, port));
    await tuned.retune(yaml(idle));
  }
  for (const client of await Promise.all(clients)) {
    await client.write('x');
    await client.read(1);
  }
  t.is(countOf(tuned.held(port), [140, 10, 3, 0]), 400);
  t.is(countOf(tuned.heldTo(upstreamPort), [140, 10, 3, 0]), 400);
  const [last] = (await retunedCounts(tuned, 40)).slice(-1);
  const [, retuned = 0, unchanged = 0, failed = 0] = last ?? [];
  t.is(failed, 0);
  t.true(retuned + unchanged >= 390 && retuned + unchanged <= 400, `counted ${last}`);
});

function countOf(all: readonly (HeldKeepalive | undefined)[], wanted: HeldKeepalive): number {
  return all.filter((held) => String(held) === String(wanted)).length;
}

async function retunedCounts(tuned: Tuned, lines: number) {
  return (await tuned.events('retuned', lines)).map(
    ({ route, retuned, unchanged, failed }) =>
      [String(route), Number(retuned), Number(unchanged), Number(failed)] as const,
  );
}
