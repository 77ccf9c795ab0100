// Precedence: for every way to say it, what the kernel holds for both legs of a live session of the real program,
// seen from outside twice: by getsockopt on borrowed descriptors and by the keepalive timers that ss shows.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import type { ExecutionContext } from 'ava';
import { steadyClock } from '../../src/clock.js';
import type { Seconds } from '../../src/units.js';
import { command, ptraceOfOthers, requires } from '../helpers/requires.js';
import {
  borrowSocketOptions,
  type HeldKeepalive,
  heldKeepalive,
  readKeepaliveTimer,
} from '../helpers/sockets.js';
import { runArguments, runConfig, type Warmline } from '../helpers/warmline.js';

const test = requires(
  command('setpriv', 'util-linux'),
  command('ss', 'iproute2'),
  command('python3', 'python3'),
  ptraceOfOthers,
);

interface Case {
  readonly says: string;
  readonly defaults?: string;
  readonly route?: string;
  readonly client: HeldKeepalive;
  readonly upstream: HeldKeepalive;
}

const cases: readonly Case[] = [
  {
    says: 'nothing: the built-in values, with a user timeout of the same patience',
    client: [60, 10, 3, 90_000],
    upstream: [60, 10, 3, 90_000],
  },
  {
    says: 'a defaults block',
    defaults: '{ idle: 40s, interval: 7s, count: 4 }',
    client: [40, 7, 4, 68_000],
    upstream: [40, 7, 4, 68_000],
  },
  {
    says: 'a route block, which wins over defaults',
    defaults: '{ idle: 40s, interval: 7s, count: 4 }',
    route: '{ idle: 50s, interval: 8s, count: 5 }',
    client: [50, 8, 5, 90_000],
    upstream: [50, 8, 5, 90_000],
  },
  {
    says: 'a block for each leg',
    route:
      '{ client: { idle: 45s, interval: 5s, count: 4 }, upstream: { idle: 30s, interval: 6s, count: 2 } }',
    client: [45, 5, 4, 65_000],
    upstream: [30, 6, 2, 42_000],
  },
  {
    says: 'one leg only: the other one keeps what is above',
    defaults: '{ idle: 40s, interval: 7s, count: 4 }',
    route: '{ upstream: { idle: 30s, interval: 6s, count: 2 } }',
    client: [40, 7, 4, 68_000],
    upstream: [30, 6, 2, 42_000],
  },
  {
    says: 'one key in each place: key by key',
    defaults: '{ idle: 100s }',
    route: '{ interval: 9s, client: { count: 6 }, upstream: { interval: 11s } }',
    client: [100, 9, 6, 154_000],
    upstream: [100, 11, 3, 133_000],
  },
  {
    says: 'legs in the defaults block, a key of one in the route',
    defaults: '{ client: { idle: 25s, interval: 4s }, upstream: { idle: 35s } }',
    route: '{ client: { idle: 20s } }',
    client: [20, 4, 3, 32_000],
    upstream: [35, 10, 3, 65_000],
  },
  { says: 'off for both', route: 'off', client: null, upstream: null },
  { says: 'off in the defaults', defaults: 'off', client: null, upstream: null },
  {
    says: 'off for one leg',
    route: '{ client: off, upstream: { idle: 30s } }',
    client: null,
    upstream: [30, 10, 3, 60_000],
  },
  {
    says: 'off in the defaults and on again in the route',
    defaults: 'off',
    route: '{ idle: 33s }',
    client: [33, 10, 3, 63_000],
    upstream: [33, 10, 3, 63_000],
  },
  {
    says: 'userTimeout auto, off and a duration',
    defaults: '{ userTimeout: 80s }',
    route: '{ client: { userTimeout: auto }, upstream: { userTimeout: off } }',
    client: [60, 10, 3, 90_000],
    upstream: [60, 10, 3, 0],
  },
  {
    says: 'an explicit userTimeout, below the second too',
    route: '{ client: { userTimeout: 20s }, upstream: { userTimeout: 12500ms } }',
    client: [60, 10, 3, 20_000],
    upstream: [60, 10, 3, 12_500],
  },
];

for (const { says, defaults, route, client, upstream } of cases) {
  test(`the file says ${says}`, async (t) => {
    await checkSession(t, { client, upstream, noDelay: true }, (upstreamPort) =>
      runConfig(
        t,
        [
          ...(defaults ? [`defaults: { keepalive: ${defaults} }`] : []),
          'routes:',
          '  - name: main',
          '    listen: 127.0.0.1:0',
          `    upstream: 127.0.0.1:${upstreamPort}`,
          ...(route ? [`    keepalive: ${route}`] : []),
        ].join('\n'),
      ),
    );
  });
}

test('noDelay: false leaves TCP_NODELAY off on both legs', async (t) => {
  const both = [60, 10, 3, 90_000] as const;
  await checkSession(t, { client: both, upstream: both, noDelay: false }, (port) =>
    runConfig(
      t,
      `routes: [{ name: main, listen: '127.0.0.1:0', upstream: '127.0.0.1:${port}', noDelay: false }]`,
    ),
  );
});

const words: readonly (readonly [
  options: string,
  client: HeldKeepalive,
  upstream: HeldKeepalive,
])[] = [
  ['', [60, 10, 3, 90_000], [60, 10, 3, 90_000]],
  ['--keepalive 40s/7s/4', [40, 7, 4, 68_000], [40, 7, 4, 68_000]],
  ['--keepalive 40s/7s/4 --upstream-keepalive 30s/6s/2', [40, 7, 4, 68_000], [30, 6, 2, 42_000]],
  ['--client-keepalive 25s/4s/2', [25, 4, 2, 33_000], [60, 10, 3, 90_000]],
];

for (const [options, client, upstream] of words) {
  test(`the command line says ${options || 'nothing about keepalive'}`, async (t) => {
    await checkSession(t, { client, upstream, noDelay: true }, (port) => {
      const route = ['--listen', '127.0.0.1:0', '--upstream', `127.0.0.1:${port}`];
      return runArguments(t, [...route, ...options.split(' ').filter(Boolean)]);
    });
  });
}

interface ExpectedSession {
  readonly client: HeldKeepalive;
  readonly upstream: HeldKeepalive;
  readonly noDelay: boolean;
}

/** Opens one session through the warmline that `start` makes for an upstream port, and looks at it from outside. */
async function checkSession(
  t: ExecutionContext,
  expected: ExpectedSession,
  start: (upstreamPort: number) => Warmline,
): Promise<void> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstreamPort = (server.address() as AddressInfo).port;
  const warmline = start(upstreamPort);
  const { port } = await warmline.listening();
  const opened = steadyClock.now();
  const client = connect(port, '127.0.0.1');
  const [upstream] = await once(server, 'connection');
  t.teardown(() => {
    for (const socket of [client, upstream]) socket.destroy();
    server.close();
  });

  const sockets = borrowSocketOptions(warmline.pid);
  t.is(sockets.length, 2);
  const legs = {
    client: sockets.find(({ localPort }) => localPort === port),
    upstream: sockets.find(({ remotePort }) => remotePort === upstreamPort),
  };
  const timers = {
    client: readKeepaliveTimer(`( sport = :${port} )`),
    upstream: readKeepaliveTimer(`( dport = :${upstreamPort} )`),
  };
  const age = (steadyClock.now() - opened) / 1000;
  for (const leg of ['client', 'upstream'] as const) {
    t.deepEqual(heldKeepalive(legs[leg]), expected[leg], leg);
    t.is(legs[leg]?.noDelay, expected.noDelay, leg);
    checkTimer(t, timers[leg], { expected: expected[leg], age });
  }
}

/** The timer has run since the session was opened, `age` ago at most, and is told in whole seconds. */
function checkTimer(
  t: ExecutionContext,
  timer: number | null,
  { expected, age }: { readonly expected: HeldKeepalive; readonly age: Seconds },
): void {
  if (expected === null) {
    t.is(timer, null);
  } else {
    const [idle] = expected;
    const runs = timer !== null && timer <= idle && timer >= idle - age - 1;
    t.true(runs, `timer at ${timer} of ${idle} s after ${age} s at most`);
  }
}
