// SIGHUP on the real program: what live and later sessions hold afterwards, seen from outside by getsockopt on borrowed
// descriptors and by ss, and what is said about it.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mainPath } from '../helpers/cli.js';
import { type Connection, connectTo } from '../helpers/connection.js';
import { startProgram } from '../helpers/program.js';
import { command, ptraceOfOthers, requires } from '../helpers/requires.js';
import { startUpstream } from '../helpers/server.js';
import { type HeldKeepalive, readKeepaliveTimer } from '../helpers/sockets.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { openSession, portOf, routeTo, saidOfHangup, Tuned } from '../helpers/tuned.js';
import { until } from '../helpers/waiting.js';

const test = requires(
  command('setpriv', 'util-linux'),
  command('ss', 'iproute2'),
  command('python3', 'python3'),
  ptraceOfOthers,
);

const builtIn = [60, 10, 3, 90_000] as const;

test('both legs of a live session take over what the changed file says, and later sessions too', async (t) => {
  const { tuned, upstream, port, upstreamPort, client, server } = await openSession(t);
  t.deepEqual([tuned.held(port), tuned.heldTo(upstreamPort)], [[builtIn], [builtIn]]);
  const keepalive =
    '{ client: { idle: 25s, interval: 4s, count: 2 }, upstream: { idle: 35s, userTimeout: 20s } }';
  const said = await tuned.retune(routeTo(upstreamPort, `, keepalive: ${keepalive}`));
  t.is(said, 'retuned 1 session on 1 route');
  const [onClient, onUpstream] = [
    [25, 4, 2, 33_000],
    [35, 10, 3, 20_000],
  ] as const;
  t.deepEqual([tuned.held(port), tuned.heldTo(upstreamPort)], [[onClient], [onUpstream]]);
  const timers = [
    readKeepaliveTimer(`( sport = :${port} )`),
    readKeepaliveTimer(`( dport = :${upstreamPort} )`),
  ];
  t.true((timers[0] ?? 99) <= 25 && (timers[1] ?? 99) <= 35, `timers at ${timers}`);
  t.like(await tuned.events('retuned', 1), [
    { level: 'info', route: 'main', retuned: 1, unchanged: 0, failed: 0 },
  ]);

  await exchange(client, server);
  const later = await connectTo(t, port);
  await exchange(later, await upstream.accept());
  t.deepEqual(tuned.held(port), [onClient, onClient]);
  t.deepEqual(tuned.heldTo(upstreamPort), [onUpstream, onUpstream]);

  client.finish();
  server.finish();
  t.is(await client.readAll(), 'fin');
  t.like(await tuned.events('sessionClosed', 1), [
    {
      reason: 'clientFin',
      clientKeepalive: { idle: 25, interval: 4, count: 2, userTimeout: 33_000 },
      upstreamKeepalive: { idle: 35, interval: 10, count: 3, userTimeout: 20_000 },
    },
  ]);
});

test('keepalive is turned off and on again under a live session, leg by leg', async (t) => {
  const { tuned, port, upstreamPort, client, server } = await openSession(t);
  const timers = () => [
    readKeepaliveTimer(`( sport = :${port} )`) !== null,
    readKeepaliveTimer(`( dport = :${upstreamPort} )`) !== null,
  ];
  const steps: readonly (readonly [string, HeldKeepalive, HeldKeepalive])[] = [
    ['{ client: off }', null, builtIn],
    ['off', null, null],
    ['{ client: off, upstream: { idle: 40s } }', null, [40, 10, 3, 70_000]],
    ['{ idle: 45s, userTimeout: off }', [45, 10, 3, 0], [45, 10, 3, 0]],
    ['{}', builtIn, builtIn],
  ];
  for (const [keepalive, onClient, onUpstream] of steps) {
    const said = await tuned.retune(routeTo(upstreamPort, `, keepalive: ${keepalive}`));
    t.is(said, 'retuned 1 session on 1 route', keepalive);
    t.deepEqual([tuned.held(port), tuned.heldTo(upstreamPort)], [[onClient], [onUpstream]]);
    t.deepEqual(timers(), [onClient !== null, onUpstream !== null], keepalive);
    await exchange(client, server);
  }
  t.is((await tuned.events('retuned', steps.length)).length, 5);
});

test('keepalive that was off from the start is turned on', async (t) => {
  const { tuned, port, upstreamPort } = await openSession(t, ', keepalive: off');
  t.deepEqual([tuned.held(port), tuned.heldTo(upstreamPort)], [[null], [null]]);
  await tuned.retune(`defaults: { keepalive: { idle: 30s } }\n${routeTo(upstreamPort)}`);
  const held = [30, 10, 3, 60_000] as const;
  t.deepEqual([tuned.held(port), tuned.heldTo(upstreamPort)], [[held], [held]]);
});

test('a file that is wrong or gone is told with its problems, and changes nothing', async (t) => {
  const { tuned, port, upstreamPort, client, server } = await openSession(t);
  const before = 'nothing was changed, the relay runs on as before';
  const wrong = routeTo(upstreamPort, ', keepalive: { idle: 30, count: 0 }, colour: red');
  t.is(await tuned.retune(wrong), before);
  const problems = tuned.program.output.split('\n').filter((line) => line.includes('WL_'));
  t.is(problems.length, 3);
  for (const problem of problems) {
    t.true(problem.startsWith(`warmline: ${tuned.file}:4:`), problem);
    t.true(problem.endsWith(' [WL_CONFIG_INVALID]'), problem);
  }
  rmSync(tuned.file);
  t.is(await tuned.hangUp(), before);
  t.true(
    tuned.program.output.includes(
      `warmline: ${tuned.file}: expected a configuration file, got nothing (there is no such file) [WL_CONFIG_READ]`,
    ),
  );
  t.deepEqual([tuned.held(port), tuned.heldTo(upstreamPort)], [[builtIn], [builtIn]]);
  await exchange(client, server);
  const good = routeTo(upstreamPort, ', keepalive: off');
  t.is(await tuned.retune(good), 'retuned 1 session on 1 route');
  t.deepEqual(tuned.held(port), [null]);
  t.deepEqual(await tuned.program.stop(), { code: 0, signal: null });
});

test('what needs a restart is told by name, and the keepalive next to it is taken over', async (t) => {
  const { tuned, upstream, port, upstreamPort } = await openSession(t);
  const other = "{ name: other, listen: '127.0.0.1:0', upstream: '127.0.0.1:1' }";
  const changed = routeTo(1, ', keepalive: { idle: 20s }, noDelay: false, backlog: 5');
  const said = await tuned.retune(`workers: 1\n${changed}  - ${other}\n`);
  const needs =
    'needs restart: workers; route main: backlog, noDelay, upstream; route other: added';
  t.is(said, `retuned 1 session on 1 route; ${needs}`);
  t.like(await tuned.events('needsRestart', 3), [
    { level: 'warn', route: null, keys: ['workers'] },
    { level: 'warn', route: 'main', keys: ['backlog', 'noDelay', 'upstream'] },
    { level: 'warn', route: 'other', keys: ['added'] },
  ]);
  const later = await connectTo(t, port);
  await exchange(later, await upstream.accept());
  const held = [20, 10, 3, 50_000] as const;
  t.deepEqual(tuned.held(port), [held, held]);
  t.is(await tuned.hangUp(), `no keepalive has changed; ${needs}`);
  t.is(
    await tuned.retune(routeTo(upstreamPort, ', keepalive: { idle: 20s }')),
    'no keepalive has changed',
  );
});

test('hangups in a row end with what the file said last', async (t) => {
  const { tuned, port, upstreamPort, client, server } = await openSession(t);
  for (let idle = 100; idle < 150; idle++) {
    tuned.write(routeTo(upstreamPort, `, keepalive: { idle: ${idle}s, userTimeout: off }`));
    process.kill(tuned.program.pid, 'SIGHUP');
    await exchange(client, server);
  }
  const isLast = (held: HeldKeepalive | undefined) => held?.[0] === 149;
  await until('last keepalive on both legs', () =>
    [...tuned.held(port), ...tuned.heldTo(upstreamPort)].every(isLast),
  );
  t.false(tuned.program.output.includes('WL_'));
});

test('the log level of the command line stands, whatever the file says later', async (t) => {
  const { address } = await startUpstream(t);
  const yaml = routeTo('port' in address ? address.port : 0);
  const tuned = new Tuned(t, yaml, (...words) => [...words, '--log-level', 'info']);
  await tuned.listening();
  writeFileSync(tuned.file, `log: { format: json, level: silent }\ndrainTimeout: 0s\n${yaml}`);
  t.is(await tuned.hangUp(), 'no keepalive has changed');
});

test('without a file a hangup says that there is nothing to reread, and the relay runs on', async (t) => {
  const upstream = await startUpstream(t);
  const route = ['--listen', '127.0.0.1:0', '--upstream', `127.0.0.1:${portOf(upstream)}`];
  const program = startProgram(t, [process.execPath, mainPath, 'run', ...route]);
  const port = await program.until(
    'line to try',
    (line) => /^try it: nc \S+ (\d+)$/.exec(line)?.[1],
  );
  process.kill(program.pid, 'SIGHUP');
  t.is(await saidOfHangup(program, 1), 'there is no file to reread: the command line has it all');
  const client = await connectTo(t, Number(port));
  await exchange(client, await upstream.accept());
});

test('a hangup during the start waits for its end', async (t) => {
  const upstream = await startUpstream(t);
  const file = join(temporaryFolder(t), 'warmline.yaml');
  const write = (keepalive: string) =>
    writeFileSync(
      file,
      `routes: [{ name: a, listen: '127.0.0.1:0', upstream: 'slow.example:${portOf(upstream)}', keepalive: ${keepalive} }]\n`,
    );
  write('off');
  const program = startProgram(t, [
    process.execPath,
    '--import',
    slowLookup,
    mainPath,
    'run',
    file,
  ]);
  await program.until('lookup', (line) => line === 'looking up' || undefined);
  write('{ idle: 30s }');
  process.kill(program.pid, 'SIGHUP');
  await program.until('hangup', (line) => line === 'hung up' || undefined);
  process.kill(program.pid, 'SIGUSR2');
  t.is(await saidOfHangup(program, 1), 'retuned 0 sessions on 1 route');
  t.deepEqual(await program.stop(), { code: 0, signal: null });
});

/** A name lookup that goes on until SIGUSR2. */
const slowLookup = `data:text/javascript,
import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';
dns.lookup = () => new Promise((resolve) => {
  const alive = setInterval(() => {}, 1000);
  process.on('SIGHUP', () => console.error('hung up'));
  process.on('SIGUSR2', () => { clearInterval(alive); resolve([{ address: '127.0.0.1' }]); });
  console.error('looking up');
});
syncBuiltinESMExports();`.replaceAll('\n', ' ');

test('a hangup during a stop leaves the sessions as they are', async (t) => {
  const upstream = await startUpstream(t);
  const file = join(temporaryFolder(t), 'warmline.yaml');
  const write = (rest = '') =>
    writeFileSync(file, `log: { format: json }\n${routeTo(portOf(upstream), rest)}`);
  write();
  const program = startProgram(t, [process.execPath, mainPath, 'run', file]);
  const port = await program.until(
    'line to try',
    (line) => /^try it: nc \S+ (\d+)$/.exec(line)?.[1],
  );
  const client = await connectTo(t, Number(port));
  const server = await upstream.accept();
  const stopped = program.stop();
  await program.until('draining', (line) => line.includes('"draining"') || undefined);
  write(', keepalive: off');
  process.kill(program.pid, 'SIGHUP');
  t.is(await saidOfHangup(program, 1), 'stopping; sessions end with the keepalive that they have');
  client.finish();
  server.finish();
  t.deepEqual(await stopped, { code: 0, signal: null });
});

async function exchange(client: Connection, server: Connection): Promise<void> {
  await client.write('ping');
  await server.read(4);
  await server.write('pong');
  await client.read(4);
}
