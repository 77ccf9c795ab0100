// The wiring on fakes: what a start does in which order, and that a failed one leaves nothing open.
import { connect } from 'node:net';
import { constants } from 'node:os';
import test from 'ava';
import { type App, checkApp, type Parts, startApp } from '../src/app.js';
import type { Config } from '../src/config/config.js';
import { configFromWords } from '../src/config/words.js';
import type { Lookup } from '../src/dns/resolver.js';
import type { RouteRetuning } from '../src/engine/contract.js';
import { Log } from '../src/telemetry/log.js';
import { FakeAddon } from './helpers/fake_addon.js';
import { FakeTimers } from './helpers/fake_timers.js';
import { MemoryOutput } from './helpers/memory_output.js';
import { closedSession } from './helpers/plans.js';
import { nextEvent, until } from './helpers/waiting.js';

const config = configFromWords({ listen: ['127.0.0.1:7070'], upstream: ['db.example:5432'] });

function fakes() {
  const addon = new FakeAddon();
  const output = new MemoryOutput();
  const clock = new FakeTimers();
  const parts: Parts = {
    addon,
    clock,
    lookup: () => Promise.resolve([{ address: '192.0.2.1' }, { address: '192.0.2.2' }]),
    machine: { cpus: () => 3, openFds: () => 24, somaxconn: () => 4096 },
    openLog: ({ level }) => new Log({ level, format: 'json', color: false }, output, clock, clock),
  };
  return { addon, output, clock, parts };
}

/** A lookup that fails the second time. */
function onlyOnce({ lookup }: Parts): Lookup {
  let asked = 0;
  return (name) => {
    asked += 1;
    if (asked > 1 || lookup === undefined) throw new Error('looked up again');
    return lookup(name);
  };
}

test('a start resolves, verifies, listens, logs and says what runs', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  t.deepEqual(addon.engine.calls, ['apply']);
  const [plan] = addon.engine.plans;
  t.deepEqual(plan?.routes[0]?.endpoints, [
    { host: '192.0.2.1', port: 5432 },
    { host: '192.0.2.2', port: 5432 },
  ]);
  t.is(addon.probes.length, 1);
  t.like(output.records, [
    { event: 'start', config: null, workers: 3, routes: 1, fdLimit: 1024, sessionLimit: 500 },
    {
      event: 'listening',
      address: '127.0.0.1:7070',
      endpoints: ['192.0.2.1:5432', '192.0.2.2:5432'],
    },
  ]);
  t.deepEqual(app.words.slice(1), [
    'relay: 127.0.0.1:7070 -> 192.0.2.1:5432, else 192.0.2.2:5432',
    '  both legs: probed after 60s idle, then every 10s, 3 times; ' +
      'a dead peer is noticed after about 90s idle, about 91s with data in flight',
    'workers: 3; about 500 sessions fit in 1024 file descriptors',
    'try it: nc 127.0.0.1 7070',
  ]);
});

test('a kernel whose accept queue is shorter than asked for is told once', async (t) => {
  const { output, parts } = fakes();
  const machine = { ...parts.machine, somaxconn: () => 128 };
  await startApp({ config, file: null }, { ...parts, machine });
  t.like(output.take('backlogCapped'), [{ level: 'warn', backlog: 4096, somaxconn: 128 }]);
});

test('a machine with very many CPUs gets as many workers as an engine may have', async (t) => {
  const { addon, parts } = fakes();
  const machine = { ...parts.machine, cpus: () => 192 };
  await startApp({ config, file: null }, { ...parts, machine });
  t.is(addon.engine.stats().workers, 64);
});

test('a stop drains, then closes, then tells how it went', async (t) => {
  const { addon, output, clock, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  addon.engine.active = 2;
  const stopped = app.stop();
  t.deepEqual(addon.engine.calls, ['apply', 'stopAccepting']);
  t.like(output.take('draining'), [{ active: 2, limit: 30_000 }]);
  clock.pass(1_500);
  addon.engine.active = 0;
  addon.engine.tell({ type: 'drained' });
  t.is(await stopped, 0);
  t.deepEqual(addon.engine.calls, ['apply', 'stopAccepting', 'close']);
  t.like(output.take('shutdown'), [{ level: 'info', drained: true, reset: 0, uptime: 1_500 }]);
});

test('a stop that is cut short tells what it reset, after the last events', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  addon.engine.active = 1;
  addon.engine.lastEvents = [closedSession({ reason: 'drained' })];
  output.lines.length = 0;
  t.is(await app.stop(AbortSignal.abort()), 1);
  const told = output.records.map(({ event, reset }) => [event, reset]);
  t.deepEqual(told, [
    ['draining', undefined],
    ['sessionClosed', undefined],
    ['shutdown', 1],
  ]);
});

function withKeepalive(keepalive: string, others: Partial<Config> = {}): Config {
  const words = { listen: ['127.0.0.1:7070'], upstream: ['db.example:5432'], keepalive };
  return { ...configFromWords(words), ...others };
}

/** Answers the retuning of this number, once the engine has been asked for it. */
async function answerRetuning(
  { engine }: FakeAddon,
  number: number,
  count: Partial<RouteRetuning> = {},
): Promise<void> {
  await until('retuning', () => engine.retunings.includes(number));
  const route = { route: 'relay', retuned: 0, unchanged: 0, failed: 0, ...count };
  engine.tell({ type: 'retuning', request: number, routes: [route] });
}

async function retune(app: App, addon: FakeAddon, read: Config, count: Partial<RouteRetuning>) {
  const answered = answerRetuning(addon, addon.engine.retunings.length + 1, count);
  const words = await app.retune(read);
  await answered;
  return words;
}

test('a retuning verifies, applies, asks the engine, logs and says what happened', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, { ...parts, lookup: onlyOnce(parts) });
  output.lines.length = 0;
  const words = await retune(app, addon, withKeepalive('20s/5s/2'), { retuned: 3, unchanged: 1 });
  t.is(words, 'retuned 3 sessions on 1 route');
  t.deepEqual(addon.engine.calls, ['apply', 'apply']);
  const [before, after] = addon.engine.plans;
  const keepalive = { idle: 20, interval: 5, count: 2, userTimeout: 30_000 };
  t.deepEqual(addon.probes.slice(1), [{ ...keepalive }]);
  const [route] = before?.routes ?? [];
  t.deepEqual(after, {
    sessionEvents: 'all',
    routes: [{ ...route, client: keepalive, upstream: keepalive } as never],
  });
  t.like(output.records, [
    { level: 'info', event: 'retuned', route: 'relay', retuned: 3, unchanged: 1, failed: 0 },
  ]);
  t.is(output.lines.length, 1);
});

test('sessions that do not take it are told as a warning', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  const words = await retune(app, addon, withKeepalive('off'), { retuned: 1, failed: 2 });
  t.is(words, 'retuned 1 session on 1 route; 2 sessions did not take it');
  t.like(output.take('retuned'), [{ level: 'warn', retuned: 1, failed: 2 }]);
});

test('what needs a restart is a warning each, and the rest is taken over', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  const [route] = withKeepalive('20s/5s/2').routes;
  if (route === undefined) return t.fail('a route was expected');
  const routes = [
    { ...route, noDelay: false, listen: [] },
    { ...route, name: 'new' },
  ];
  const read = { ...config, drainTimeout: 1, workers: 7, routes };
  t.is(
    await retune(app, addon, read, { retuned: 2 }),
    'retuned 2 sessions on 1 route; ' +
      'needs restart: workers, drainTimeout; route relay: listen, noDelay; route new: added',
  );
  t.like(output.take('needsRestart'), [
    { level: 'warn', route: null, keys: ['workers', 'drainTimeout'] },
    { level: 'warn', route: 'relay', keys: ['listen', 'noDelay'] },
    { level: 'warn', route: 'new', keys: ['added'] },
  ]);
  t.like(addon.engine.plans[1]?.routes, [{ noDelay: true, client: { idle: 20 } }]);
  await app.stop(AbortSignal.abort());
  t.like(output.take('draining'), [{ limit: 30_000 }]);
});

test('a route that has not changed and whose sessions hold its keepalive is not told', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  output.lines.length = 0;
  t.is(await retune(app, addon, config, { unchanged: 9 }), 'no keepalive has changed');
  t.deepEqual(output.lines, []);
  // A session that had failed before is brought along.
  t.is(await retune(app, addon, config, { retuned: 1 }), 'retuned 1 session on 1 route');
});

test('a keepalive that the kernel refuses later leaves everything as it was', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  output.lines.length = 0;
  const failure = { errno: constants.errno.EINVAL, syscall: 'setsockopt(TCP_KEEPIDLE)' };
  addon.probeResult = { ok: false, failure };
  const read = withKeepalive('20s/5s/2', { workers: 7 });
  await t.throwsAsync(app.retune(read), { code: 'WL_KEEPALIVE_REFUSED' });
  t.deepEqual(addon.engine.calls, ['apply']);
  t.deepEqual(addon.engine.retunings, []);
  t.deepEqual(output.lines, []);
  addon.probeResult = undefined;
  t.is(await retune(app, addon, config, {}), 'no keepalive has changed');
});

test('a plan that cannot be applied later leaves everything as it was', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  output.lines.length = 0;
  addon.applyResult = {
    ok: false,
    failure: { errno: constants.errno.ENOMEM, syscall: 'listen' },
    route: 'relay',
    address: '127.0.0.1:7070',
  };
  await t.throwsAsync(app.retune(withKeepalive('off')), { code: 'WL_LISTEN' });
  t.deepEqual(addon.engine.retunings, []);
  t.deepEqual(output.lines, []);
  addon.applyResult = undefined;
  t.is(await retune(app, addon, config, {}), 'no keepalive has changed');
});

test('two retunings at once are done one after the other, also when the first one fails', async (t) => {
  const { addon, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  const first = app.retune(withKeepalive('20s/5s/2'));
  const second = app.retune(withKeepalive('off'));
  await until('retuning', () => addon.engine.retunings.length === 1);
  t.is(addon.engine.plans.length, 2);
  await answerRetuning(addon, 1);
  await first;
  await answerRetuning(addon, 2);
  t.is(await second, 'retuned 0 sessions on 1 route');
  t.is(addon.engine.plans[2]?.routes[0]?.client, null);

  addon.probeResult = { ok: false, failure: { errno: 22, syscall: 'setsockopt' } };
  const refused = app.retune(withKeepalive('20s/5s/2'));
  const third = app.retune(withKeepalive('off'));
  await t.throwsAsync(refused, { code: 'WL_KEEPALIVE_REFUSED' });
  await answerRetuning(addon, 3);
  t.is(await third, 'no keepalive has changed');
});

test('a retuning that meets a stop changes nothing', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  const stopped = app.stop();
  const words = 'stopping; sessions end with the keepalive that they have';
  t.is(await app.retune(withKeepalive('off')), words);
  addon.engine.tell({ type: 'drained' });
  await stopped;
  t.is(await app.retune(withKeepalive('off')), words);
  t.deepEqual(addon.engine.calls, ['apply', 'stopAccepting', 'close']);
  t.deepEqual(output.take('retuned'), []);
});

test('a retuning that is cut off by a stop says so', async (t) => {
  const { addon, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  const retuning = app.retune(withKeepalive('off'));
  await until('retuning', () => addon.engine.retunings.length === 1);
  await app.stop(AbortSignal.abort());
  t.is(await retuning, 'stopping; sessions end with the keepalive that they have');
});

test('a listener that fails closes the engine and the echo endpoint', async (t) => {
  const { addon, output, parts } = fakes();
  addon.applyResult = {
    ok: false,
    failure: { errno: constants.errno.EADDRINUSE, syscall: 'bind' },
    route: 'relay',
    address: '127.0.0.1:7070',
  };
  const path = `/tmp/warmline-app-test-${process.pid}.sock`;
  const started = startApp({ config, file: null, echo: { path } }, parts);
  await t.throwsAsync(started, { code: 'WL_LISTEN' });
  t.deepEqual(addon.engine.calls, ['apply', 'close']);
  t.deepEqual(output.lines, []);
  await t.throwsAsync(nextEvent(connect(path), 'connect'), { code: 'ENOENT' });
});

test('a refused keepalive fails before anything is opened', async (t) => {
  const { addon, output, parts } = fakes();
  const failure = { errno: constants.errno.EINVAL, syscall: 'setsockopt(TCP_KEEPIDLE)' };
  addon.probeResult = { ok: false, failure };
  const started = startApp({ config, file: null }, parts);
  await t.throwsAsync(started, { code: 'WL_KEEPALIVE_REFUSED' });
  t.deepEqual(addon.engines, []);
  t.deepEqual(output.lines, []);
});

test('a check opens nothing and returns what the plan comes to', async (t) => {
  const { addon, parts } = fakes();
  const { words, warnings, routes } = await checkApp(config, parts);
  t.deepEqual(addon.engines, []);
  t.deepEqual(warnings, []);
  t.deepEqual(routes[0]?.addresses, ['192.0.2.1:5432', '192.0.2.2:5432']);
  t.deepEqual(
    words.slice(1, words.indexOf('')).map((line) => line.split(/ {2,}/)),
    [
      [
        'relay',
        '127.0.0.1:7070',
        'db.example:5432',
        '192.0.2.1:5432',
        'client',
        '60s/10s/3/90s',
        'after about 90s idle, about 91s with data in flight',
      ],
      [
        '',
        '192.0.2.2:5432',
        'upstream',
        '60s/10s/3/90s',
        'after about 90s idle, about 91s with data in flight',
      ],
      ['keepalive is idle/interval/count/user timeout'],
    ],
  );
});
