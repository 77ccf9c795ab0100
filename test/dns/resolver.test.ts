// Resolver: names become addresses, or one error that says what to do about each.
import test from 'ava';
import type { RouteConfig } from '../../src/config/config.js';
import { configFromWords } from '../../src/config/words.js';
import { type Lookup, resolveEndpoints } from '../../src/dns/resolver.js';

test('numeric and unix endpoints are taken as they are, without a lookup', async (t) => {
  const lookup = () => Promise.reject(new Error('nobody should ask'));
  const routes = [route('a', '10.0.0.5:1', '[2001:db8::5]:2', 'unix:/run/a.sock')];
  const resolved = await resolveEndpoints({ routes }, lookup);
  t.deepEqual(resolved.get('a'), [
    { host: '10.0.0.5', port: 1 },
    { host: '2001:db8::5', port: 2 },
    { path: '/run/a.sock' },
  ]);
});

test('a name stands for all its addresses, in the order of the answer', async (t) => {
  const lookup = answering({ db: ['2001:db8::1', '10.0.0.1', '10.0.0.2'] });
  const routes = [route('a', '10.0.0.9:1', 'db:5432', '10.0.0.8:1')];
  const resolved = await resolveEndpoints({ routes }, lookup);
  t.deepEqual(resolved.get('a'), [
    { host: '10.0.0.9', port: 1 },
    { host: '2001:db8::1', port: 5432 },
    { host: '10.0.0.1', port: 5432 },
    { host: '10.0.0.2', port: 5432 },
    { host: '10.0.0.8', port: 1 },
  ]);
});

test('an address that comes up again is tried once, at its first place', async (t) => {
  const lookup = answering({ one: ['10.0.0.1', '10.0.0.2'], two: ['10.0.0.2', '10.0.0.1'] });
  const routes = [route('a', 'one:1', 'two:1', '10.0.0.1:2', 'one:1')];
  const resolved = await resolveEndpoints({ routes }, lookup);
  t.deepEqual(resolved.get('a'), [
    { host: '10.0.0.1', port: 1 },
    { host: '10.0.0.2', port: 1 },
    { host: '10.0.0.1', port: 2 },
  ]);
});

test('a name is looked up once, in however many routes and with however many ports', async (t) => {
  const asked: string[] = [];
  const lookup: Lookup = (name) => {
    asked.push(name);
    return Promise.resolve([{ address: '10.0.0.1' }]);
  };
  const routes = [route('a', 'db:1', 'db:2'), route('b', 'db:1', 'other:1')];
  const resolved = await resolveEndpoints({ routes }, lookup);
  t.deepEqual(asked, ['db', 'other']);
  t.is(resolved.size, 2);
});

test('all names that fail are told together, with route, endpoint and what to do', async (t) => {
  const lookup = answering({ good: ['10.0.0.1'], empty: [], slow: 'EAI_AGAIN', odd: 'EAI_FAIL' });
  const routes = [
    route('a', 'missing:1', 'good:1', 'empty:2'),
    route('b', 'slow:1', 'odd:1', 'missing:3'),
  ];
  const error = await t.throwsAsync(resolveEndpoints({ routes }, lookup), {
    code: 'WL_RESOLVE',
    message: [
      'route a: missing:1: no address has this name (check the spelling, or write an IP address)',
      'route a: empty:2: no address has this name (check the spelling, or write an IP address)',
      'route b: slow:1: DNS did not answer (check the network and /etc/resolv.conf, or write an IP address)',
      'route b: odd:1: the lookup failed with EAI_FAIL (write an IP address instead)',
      'route b: missing:3: no address has this name (check the spelling, or write an IP address)',
    ].join('\n'),
  });
  const causes = [{ code: 'ENOTFOUND' }, { code: 'EAI_AGAIN' }, { code: 'EAI_FAIL' }];
  t.like(error?.cause, { errors: causes });
});

test("the system's own lookup knows localhost", async (t) => {
  const resolved = await resolveEndpoints({ routes: [route('a', 'localhost:1')] });
  const hosts = resolved.get('a')?.map((address) => ('host' in address ? address.host : ''));
  t.true(hosts?.includes('127.0.0.1') || hosts?.includes('::1'));
});

function route(name: string, ...upstream: string[]): RouteConfig {
  const [only] = configFromWords({ listen: ['127.0.0.1:0'], upstream }).routes;
  if (only === undefined) throw new Error('one route was asked for');
  return { ...only, name };
}

/** A lookup that knows these names: their addresses, or the code with which they fail. */
function answering(names: Readonly<Record<string, readonly string[] | string>>): Lookup {
  return (name) => {
    const answer = names[name] ?? 'ENOTFOUND';
    return typeof answer === 'string'
      ? Promise.reject(Object.assign(new Error(answer), { code: answer }))
      : Promise.resolve(answer.map((address) => ({ address })));
  };
}
