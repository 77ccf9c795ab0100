// Diff: of every key of a configuration, whether a change of it is taken over or told.
import test from 'ava';
import { stringify } from 'yaml';
import type { Config, RouteConfig } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { diffConfigs } from '../../src/routes/diff.js';
import { keysOfSchema } from '../helpers/json_schema.js';
import { readText } from '../helpers/repository.js';

type Mapping = Readonly<Record<string, unknown>>;

const db = { name: 'db', listen: '127.0.0.1:15432', upstream: 'db.internal:5432' };
const web = { name: 'web', listen: '127.0.0.1:8080', upstream: ['10.0.0.1:80', '10.0.0.2:80'] };
const slower = { idle: '30s', interval: '20s', count: 5 };

function configOf(file: Mapping): Config {
  return parseConfig(stringify(file), 'warmline.yaml');
}

const running = configOf({ routes: [db, web] });

/** Another value for each key of the file outside of routes and defaults. */
const outside: Readonly<Record<string, Mapping>> = {
  'log.level': { log: { level: 'debug' } },
  'log.format': { log: { format: 'pretty' } },
  'log.sessions': { log: { sessions: 'none' } },
  workers: { workers: 7 },
  engine: { engine: 'epoll' },
  drainTimeout: { drainTimeout: '7s' },
};

/** Another value for each key of a route. */
const ofRoute: Mapping = {
  name: 'other',
  listen: ['127.0.0.1:15432', '127.0.0.1:15433'],
  upstream: 'db.elsewhere:5432',
  keepalive: slower,
  connectTimeout: '7s',
  halfCloseTimeout: '7m',
  noDelay: false,
  onDeath: 'close',
  backlog: 77,
};

const schemaKeys = keysOfSchema(JSON.parse(readText('config/schema.json')));

test('every key of the schema is looked at', (t) => {
  const isContainer = (key: string) => ['log', 'defaults', 'routes'].includes(key);
  const known = schemaKeys.filter((key) => !/^(defaults|routes)\b/.test(key) && !isContainer(key));
  t.deepEqual(Object.keys(outside).sort(), known);
  const knownOfRoute = schemaKeys.flatMap((key) => /^routes\[\]\.(\w+)$/.exec(key)?.[1] ?? []);
  t.deepEqual(Object.keys(ofRoute).sort(), knownOfRoute);
  t.is(known.length + knownOfRoute.length, 15);
});

for (const [key, changed] of Object.entries(outside)) {
  test(`a changed ${key} needs a restart`, (t) => {
    const difference = diffConfigs(running, configOf({ ...changed, routes: [db, web] }));
    t.deepEqual(difference.needsRestart, [{ route: null, keys: [key] }]);
    t.deepEqual(difference.config, running);
    t.is(difference.retuned.size, 0);
  });
}

for (const [key, value] of Object.entries(ofRoute).filter(([key]) => !/name|keepalive/.test(key))) {
  test(`a changed ${key} of a route needs a restart, also when defaults say it`, (t) => {
    const own = { routes: [{ ...db, [key]: value }, web] };
    const difference = diffConfigs(running, configOf(own));
    t.deepEqual(difference.needsRestart, [{ route: 'db', keys: [key] }]);
    t.deepEqual(difference.config, running);
    t.is(difference.retuned.size, 0);
    if (!schemaKeys.includes(`defaults.${key}`)) return;
    const shared = diffConfigs(
      running,
      configOf({ defaults: { [key]: value }, routes: [db, web] }),
    );
    t.deepEqual(shared.needsRestart, [
      { route: 'db', keys: [key] },
      { route: 'web', keys: [key] },
    ]);
  });
}

test('no key of a route is lost: what is not taken over is told', (t) => {
  const keys = Object.keys(running.routes[0] ?? {}) as (keyof RouteConfig)[];
  t.true(keys.length >= 10, `looked at ${keys.length} keys`);
  const live = keys.filter((key) => {
    const changed = running.routes.map((route) =>
      route.name === 'db' ? { ...route, [key]: 'something else' } : route,
    );
    const { config, needsRestart } = diffConfigs(running, { ...running, routes: changed });
    const isTaken = String(config.routes[0]?.[key]) === 'something else';
    t.not(isTaken, needsRestart.length > 0, key);
    return isTaken;
  });
  t.deepEqual(live, ['client', 'upstream', 'intents']);
});

test('the keepalive of a route is taken over, and of no other', (t) => {
  const difference = diffConfigs(
    running,
    configOf({ routes: [{ ...db, keepalive: slower }, web] }),
  );
  const keepalive = { idle: 30, interval: 20, count: 5, userTimeout: 130_000 };
  t.deepEqual(difference.needsRestart, []);
  t.deepEqual([...difference.retuned], ['db']);
  t.like(difference.config.routes[0], { client: keepalive, upstream: keepalive });
  t.deepEqual(difference.config.routes[1], running.routes[1]);
});

test('an intent is taken over, and retunes nothing when it comes to the same values', (t) => {
  const same = configOf({ routes: [{ ...db, keepalive: { deadAfter: '90s' } }, web] });
  const first = diffConfigs(running, same);
  t.deepEqual(first, { config: same, retuned: new Set(), needsRestart: [] });
  const sooner = configOf({ routes: [{ ...db, keepalive: { deadAfter: '30s' } }, web] });
  const second = diffConfigs(same, sooner);
  t.deepEqual(second, { config: sooner, retuned: new Set(['db']), needsRestart: [] });
});

test('one leg alone is taken over, off and on', (t) => {
  const off = configOf({ routes: [{ ...db, keepalive: { client: 'off' } }, web] });
  const first = diffConfigs(running, off);
  t.deepEqual(first.config, off);
  t.deepEqual([...first.retuned], ['db']);
  const second = diffConfigs(off, running);
  t.deepEqual(second.config, running);
  t.deepEqual([...second.retuned], ['db']);
});

test('keepalive in defaults is taken over by each route that has none of its own', (t) => {
  const before = configOf({ routes: [db, { ...web, keepalive: slower }] });
  const after = configOf({
    defaults: { keepalive: 'off' },
    routes: [db, { ...web, keepalive: slower }],
  });
  const difference = diffConfigs(before, after);
  t.deepEqual([...difference.retuned], ['db']);
  t.deepEqual(difference.config, after);
});

test('of a route with several changes the keepalive is taken over and the rest is told', (t) => {
  const moved = { ...db, keepalive: 'off', listen: '127.0.0.1:1', noDelay: false };
  const { config, retuned, needsRestart } = diffConfigs(
    running,
    configOf({ routes: [moved, web] }),
  );
  t.deepEqual([...retuned], ['db']);
  t.deepEqual(needsRestart, [{ route: 'db', keys: ['listen', 'noDelay'] }]);
  t.deepEqual(config.routes[0], { ...running.routes[0], client: null, upstream: null });
});

test('routes that came, went or have another name are told, in the order of the files', (t) => {
  const read = configOf({
    workers: 7,
    routes: [
      { ...web, backlog: 1 },
      { ...db, name: 'new' },
    ],
  });
  const { config, needsRestart } = diffConfigs(running, read);
  t.deepEqual(needsRestart, [
    { route: null, keys: ['workers'] },
    { route: 'db', keys: ['removed'] },
    { route: 'web', keys: ['backlog'] },
    { route: 'new', keys: ['added'] },
  ]);
  t.deepEqual(config, running);
});

test('the same said otherwise, or in another order of routes, is no difference', (t) => {
  const same = configOf({
    defaults: { keepalive: { idle: '1m' }, connectTimeout: '5000ms' },
    routes: [{ ...web, upstream: { endpoints: web.upstream } }, db],
  });
  const { config, retuned, needsRestart } = diffConfigs(running, same);
  t.deepEqual(config, running);
  t.is(retuned.size, 0);
  t.deepEqual(needsRestart, []);
});

test('what needed a restart is told again the next time, until the file says what runs', (t) => {
  const moved = configOf({ routes: [{ ...db, listen: '127.0.0.1:1', keepalive: slower }, web] });
  const first = diffConfigs(running, moved);
  const again = diffConfigs(first.config, moved);
  t.deepEqual(again.needsRestart, [{ route: 'db', keys: ['listen'] }]);
  t.is(again.retuned.size, 0);
  const back = diffConfigs(first.config, running);
  t.deepEqual(back.needsRestart, []);
  t.deepEqual([...back.retuned], ['db']);
});
