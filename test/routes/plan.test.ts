// Plan: what the engine is given for a config and the addresses that its names came to.
import test from 'ava';
import { parseConfig } from '../../src/config/load.js';
import { resolveEndpoints } from '../../src/dns/resolver.js';
import { buildPlan, retunePlan } from '../../src/routes/plan.js';

const text = `
log: { sessions: failures }
routes:
  - name: db
    listen: [127.0.0.1:15432, unix:/run/db.sock]
    upstream: [db.internal:5432, 10.0.0.9:5432]
    keepalive: { client: off, upstream: { idle: 30s, preset: meraki, deadAfter: 1m } }
    connectTimeout: 2s
    halfCloseTimeout: 10m
    noDelay: false
    backlog: 128
  - { name: other, listen: "127.0.0.1:0", upstream: "10.0.0.8:1" }
`;

test('a plan holds numbers and addresses only, for every route in order', async (t) => {
  const config = parseConfig(text, 'warmline.yaml');
  const addresses = [{ address: '10.0.0.1' }, { address: '2001:db8::1' }];
  const plan = buildPlan(config, await resolveEndpoints(config, () => Promise.resolve(addresses)));
  t.is(plan.sessionEvents, 'failures');
  t.deepEqual(
    plan.routes.map(({ name }) => name),
    ['db', 'other'],
  );
  t.deepEqual(plan.routes[0], {
    name: 'db',
    listeners: [{ host: '127.0.0.1', port: 15_432 }, { path: '/run/db.sock' }],
    endpoints: [
      { host: '10.0.0.1', port: 5432 },
      { host: '2001:db8::1', port: 5432 },
      { host: '10.0.0.9', port: 5432 },
    ],
    client: null,
    upstream: { idle: 30, interval: 7, count: 4, userTimeout: 58_000 },
    connectTimeout: 2000,
    halfCloseTimeout: 600_000,
    noDelay: false,
    onDeath: 'reset',
    backlog: 128,
  });
});

test('a retuned plan has other keepalives, and the addresses that were resolved at the start', async (t) => {
  const config = parseConfig(text, 'warmline.yaml');
  const addresses = [{ address: '10.0.0.1' }];
  const plan = buildPlan(config, await resolveEndpoints(config, () => Promise.resolve(addresses)));
  const [db, other] = config.routes;
  if (db === undefined || other === undefined) return t.fail('two routes were expected');
  const client = { idle: 20, interval: 5, count: 2, userTimeout: 0 };
  const changed = { ...config, routes: [other, { ...db, client, upstream: null }] };
  const retuned = retunePlan(plan, changed);
  t.deepEqual(retuned.routes[0], { ...plan.routes[0], client, upstream: null } as never);
  t.deepEqual(retuned.routes[1], plan.routes[1]);
  t.deepEqual(Object.keys(retuned.routes[0] ?? {}), Object.keys(plan.routes[0] ?? {}));
  t.is(retuned.sessionEvents, plan.sessionEvents);
});
