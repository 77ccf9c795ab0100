// The wiring on fakes: what a start does in which order, and that a failed one leaves nothing open.
import { connect } from 'node:net';
import { constants } from 'node:os';
import test from 'ava';
import { checkApp, startApp } from '../src/app.js';
import { config, fakes } from './helpers/app_fakes.js';
import { closedSession } from './helpers/plans.js';
import { nextEvent } from './helpers/waiting.js';

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
    {
      event: 'start',
      config: null,
      workers: 3,
      engine: 'io_uring',
      routes: 1,
      fdLimit: 1024,
      sessionLimit: 500,
    },
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
    'workers: 3 with io_uring; about 500 sessions fit in 1024 file descriptors',
    'try it: nc 127.0.0.1 7070',
  ]);
});

test('a kernel that refuses io_uring is told, and why', async (t) => {
  const { addon, output, parts } = fakes();
  addon.ringRefused = { errno: constants.errno.EPERM, syscall: 'io_uring_setup' };
  const app = await startApp({ config, file: null }, parts);
  t.like(output.records, [
    { event: 'start', engine: 'epoll' },
    { event: 'ioUringRefused', level: 'info', errno: 'EPERM', syscall: 'io_uring_setup' },
  ]);
  t.true(
    app.words.includes(
      'workers: 3 with epoll, as io_uring is refused (io_uring_setup gave EPERM); ' +
        'about 500 sessions fit in 1024 file descriptors',
    ),
  );
});

test('the engine gets the back end that the config asks for', async (t) => {
  for (const engine of ['auto', 'epoll', 'io_uring'] as const) {
    const { addon, parts } = fakes();
    await startApp({ config: { ...config, engine }, file: null }, parts);
    t.is(addon.engine.options.backEnd, engine);
  }
});

test('a kernel whose accept queue is shorter than asked for is told once', async (t) => {
  const { output, parts } = fakes();
  const machine = { ...parts.machine, somaxconn: () => 128 };
  await startApp({ config, file: null }, { ...parts, machine });
  t.like(output.take('backlogCapped'), [{ level: 'warn', backlog: 4096, somaxconn: 128 }]);
});

test('a machine that tells nothing of itself will do', async (t) => {
  const { output, parts } = fakes();
  const machine = { ...parts.machine, openFds: () => undefined, somaxconn: () => undefined };
  await startApp({ config, file: null }, { ...parts, machine });
  t.like(output.take('start'), [{ fdLimit: 1024, sessionLimit: 512 }]);
  t.deepEqual(output.take('backlogCapped'), []);
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
