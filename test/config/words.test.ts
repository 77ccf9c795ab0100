// Words: one route from the options of a command line.
import test from 'ava';
import { configFromWords } from '../../src/config/words.js';
import { formatKeepalive } from '../../src/keepalive/timeline.js';

const least = { listen: ['127.0.0.1:7070'], upstream: ['db.internal:5432'] };

test('a listener and an upstream make a route with the defaults', (t) => {
  const { routes, ...rest } = configFromWords(least);
  t.deepEqual(rest, {
    log: { level: 'info', sessions: 'all' },
    workers: 'auto',
    engine: 'auto',
    drainTimeout: 30_000,
  });
  t.is(routes.length, 1);
  t.like(routes[0], {
    name: 'relay',
    listen: [{ host: '127.0.0.1', port: 7070 }],
    endpoints: [{ host: 'db.internal', port: 5432 }],
    connectTimeout: 5000,
  });
  t.deepEqual(legs({}), ['60s/10s/3/90s', '60s/10s/3/90s']);
});

test('both options may be repeated', (t) => {
  const [route] = configFromWords({
    listen: ['127.0.0.1:1', '[::1]:1'],
    upstream: ['a:1', 'b:1'],
  }).routes;
  t.is(route?.listen.length, 2);
  t.is(route?.endpoints.length, 2);
});

test('a keepalive is for both legs, and one for a leg stands in its place', (t) => {
  t.deepEqual(legs({ keepalive: '30s/5s/2' }), ['30s/5s/2/40s', '30s/5s/2/40s']);
  t.deepEqual(legs({ keepalive: '30s/5s/2/20s', clientKeepalive: '1m/1m/1' }), [
    '60s/60s/1/2m',
    '30s/5s/2/20s',
  ]);
  t.deepEqual(legs({ keepalive: 'off', upstreamKeepalive: '30s/5s/2/auto' }), [
    'off',
    '30s/5s/2/40s',
  ]);
  t.deepEqual(legs({ clientKeepalive: 'off', upstreamKeepalive: '1s/1s/1/off' }), [
    'off',
    '1s/1s/1/off',
  ]);
});

test('every word that is wrong is told, with its option', (t) => {
  const words = {
    listen: ['127.0.0.1:1', 'localhost:7070', '127.0.0.1:1'],
    upstream: ['db.internal'],
    keepalive: '60/10s/3.5/on',
    clientKeepalive: '60s/10s',
    upstreamKeepalive: '1500ms/10s/200',
  };
  const anAddress = 'an address such as "127.0.0.1:7070", "[::1]:7070" or "unix:/run/app.sock"';
  t.throws(() => configFromWords(words), {
    code: 'WL_USAGE',
    message: [
      '--client-keepalive: expected "off" or idle/interval/count such as 60s/10s/3, got "60s/10s"',
      '--keepalive: idle: expected a duration such as "30s", got "60" (a number without a unit)',
      '--keepalive: count: expected a whole number from 1 to 127, got "3.5"',
      '--keepalive: userTimeout: expected "auto", "off" or a duration such as "90s", got "on" (the units are ms, s, m, h, d)',
      `--listen: expected ${anAddress}, got "localhost:7070" (a name; write 127.0.0.1:7070 or [::1]:7070)`,
      '--upstream: expected an address such as "db.internal:5432", "[2001:db8::5]:5432" or "unix:/run/app.sock", got "db.internal" (the port is missing)',
      '--upstream-keepalive: idle: expected whole seconds, got "1500ms" (the kernel counts keepalive in seconds)',
      '--upstream-keepalive: count: expected a whole number from 1 to 127, got 200',
      '--listen: expected an address that is listened on once, got "127.0.0.1:1" (also at --listen[0])',
    ].join('\n'),
  });
});

test('no address at all is told as well', (t) => {
  t.throws(() => configFromWords({ listen: [], upstream: [] }), {
    code: 'WL_USAGE',
    message: [
      '--listen: expected a list with at least one address, got an empty list',
      '--upstream: expected a list with at least one endpoint, got an empty list',
    ].join('\n'),
  });
});

interface KeepaliveWords {
  readonly keepalive?: string;
  readonly clientKeepalive?: string;
  readonly upstreamKeepalive?: string;
}

function legs(words: KeepaliveWords): string[] {
  return configFromWords({ ...least, ...words }).routes.flatMap(({ client, upstream }) =>
    [client, upstream].map(formatKeepalive),
  );
}
