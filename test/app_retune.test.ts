// The wiring on fakes: what a running app makes of another config, alone, beside others and beside a stop.
import { constants } from 'node:os';
import test from 'ava';
import { type App, type Parts, startApp } from '../src/app.js';
import type { Config } from '../src/config/config.js';
import { configFromWords } from '../src/config/words.js';
import type { Lookup } from '../src/dns/resolver.js';
import type { RouteRetuning } from '../src/engine/events.js';
import { config, fakes } from './helpers/app_fakes.js';
import type { FakeAddon } from './helpers/fake_addon.js';
import { until } from './helpers/waiting.js';

/** A lookup that fails the second time. */
function onlyOnce({ lookup }: Parts): Lookup {
  let asked = 0;
  return (name) => {
    asked += 1;
    if (asked > 1 || lookup === undefined) throw new Error('looked up again');
    return lookup(name);
  };
}

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
  const { words } = await app.retune(read);
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
  t.is((await second).words, 'retuned 0 sessions on 1 route');
  t.is(addon.engine.plans[2]?.routes[0]?.client, null);

  addon.probeResult = { ok: false, failure: { errno: 22, syscall: 'setsockopt' } };
  const refused = app.retune(withKeepalive('20s/5s/2'));
  const third = app.retune(withKeepalive('off'));
  await t.throwsAsync(refused, { code: 'WL_KEEPALIVE_REFUSED' });
  await answerRetuning(addon, 3);
  t.is((await third).words, 'no keepalive has changed');
});

test('a retuning that meets a stop changes nothing', async (t) => {
  const { addon, output, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  const stopped = app.stop();
  const words = 'stopping; sessions end with the keepalive that they have';
  t.is((await app.retune(withKeepalive('off'))).words, words);
  addon.engine.tell({ type: 'drained' });
  await stopped;
  t.is((await app.retune(withKeepalive('off'))).words, words);
  t.deepEqual(addon.engine.calls, ['apply', 'stopAccepting', 'close']);
  t.deepEqual(output.take('retuned'), []);
});

test('a retuning that is cut off by a stop says so', async (t) => {
  const { addon, parts } = fakes();
  const app = await startApp({ config, file: null }, parts);
  const retuning = app.retune(withKeepalive('off'));
  await until('retuning', () => addon.engine.retunings.length === 1);
  await app.stop(AbortSignal.abort());
  t.is((await retuning).words, 'stopping; sessions end with the keepalive that they have');
});
