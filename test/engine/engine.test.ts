// The TypeScript face of the engine, on a fake addon: events, questions, draining, closing.
import test from 'ava';
import { Engine } from '../../src/engine/engine.js';
import type { EngineEvent } from '../../src/engine/events.js';
import { FakeAddon } from '../helpers/fake_addon.js';
import { FakeTimers } from '../helpers/fake_timers.js';
import { closedSession, planOf, routeOf } from '../helpers/plans.js';

/** How long the engine lets events wait for more. */
const gathering = 10;

function start() {
  const addon = new FakeAddon();
  const timers = new FakeTimers();
  const engine = new Engine(addon, { workers: 2 }, timers);
  /** Tells events and lets the time pass for which they are gathered. */
  const tell = (...events: EngineEvent[]) => {
    addon.engine.tell(...events);
    timers.pass(gathering);
  };
  return { engine, timers, native: addon.engine, tell };
}

test('each event reaches the listeners of its type, in order', (t) => {
  const { engine, tell } = start();
  const told: unknown[] = [];
  engine.on('sessionClosed', ({ session }) => told.push(session));
  engine.on('dropped', ({ count }) => told.push(`dropped ${count}`));
  tell(closedSession({ session: 4 }), { type: 'dropped', count: 2 });
  tell(closedSession({ session: 5 }));
  t.deepEqual(told, [4, 'dropped 2', 5]);
});

test('events that come one by one are taken together, once for each time of gathering', (t) => {
  const { engine, native, timers } = start();
  const told: number[] = [];
  engine.on('sessionClosed', ({ session }) => told.push(session));
  for (const session of [1, 2, 3]) native.tell(closedSession({ session }));
  t.is(timers.waiting, 1);
  timers.pass(gathering - 1);
  t.deepEqual(told, []);
  timers.pass(1);
  t.deepEqual(told, [1, 2, 3]);
  t.is(native.takes, 1);
  t.is(timers.waiting, 0);
});

test('events that still wait when the engine closes are told, before the last ones', (t) => {
  const { engine, native, timers } = start();
  const told: number[] = [];
  engine.on('sessionClosed', ({ session }) => told.push(session));
  native.tell(closedSession({ session: 1 }));
  native.lastEvents = [closedSession({ session: 2 })];
  engine.close();
  t.deepEqual(told, [1, 2]);
  t.is(timers.waiting, 0);
});

test('apply hands the plan down and returns the open listeners', (t) => {
  const { engine, native } = start();
  const plan = planOf(routeOf({ name: 'a' }));
  t.deepEqual(engine.apply(plan), [{ route: 'a', address: '127.0.0.1:0' }]);
  t.deepEqual(native.plans, [plan]);
});

test('inspections are matched with their questions, in whatever order they are answered', async (t) => {
  const { engine, native, tell } = start();
  const first = engine.inspect(10);
  const second = engine.inspect(10);
  const [one, two] = native.inspections;
  if (one === undefined || two === undefined) return t.fail('two questions were expected');
  const session = { session: 9 } as never;
  tell({ type: 'inspection', request: two, sessions: [session] });
  tell({ type: 'inspection', request: one, sessions: [] });
  t.deepEqual(await first, []);
  t.deepEqual(await second, [session]);
});

test('an inspection that is open when the engine closes is rejected', async (t) => {
  const { engine } = start();
  const open = engine.inspect(10);
  engine.close();
  await t.throwsAsync(open, { code: 'WL_ENGINE', message: 'the engine is closed' });
});

test('retunings are matched with their questions, and not with inspections of the same number', async (t) => {
  const { engine, native, tell } = start();
  const [first, second, inspection] = [engine.retune(), engine.retune(), engine.inspect(10)];
  t.deepEqual(native.retunings, [1, 2]);
  t.deepEqual(native.inspections, [1]);
  const routes = [{ route: 'a', retuned: 3, unchanged: 1, failed: 0 }];
  tell({ type: 'retuning', request: 2, routes });
  tell({ type: 'retuning', request: 1, routes: [] });
  tell({ type: 'inspection', request: 1, sessions: [] });
  t.deepEqual(await first, []);
  t.deepEqual(await second, routes);
  t.deepEqual(await inspection, []);
});

test('retunings that are open when the engine closes are rejected', async (t) => {
  const { engine } = start();
  const open = [engine.retune(), engine.retune()];
  engine.close();
  for (const retuning of open) {
    await t.throwsAsync(retuning, { code: 'WL_ENGINE', message: 'the engine is closed' });
  }
});

test('an answer to nothing that was asked is ignored', async (t) => {
  const { engine, tell } = start();
  tell({ type: 'retuning', request: 1, routes: [] });
  const retuning = engine.retune();
  tell({ type: 'retuning', request: 1, routes: [] });
  tell({ type: 'retuning', request: 1, routes: [] });
  t.deepEqual(await retuning, []);
});

test('drain stops accepting and is done when the last session has ended', async (t) => {
  const { engine, native, timers, tell } = start();
  const drained = engine.drain(30_000);
  t.deepEqual(native.calls, ['stopAccepting']);
  tell({ type: 'drained' });
  t.true(await drained);
  t.is(timers.waiting, 0);
});

test('drain gives up when its limit has passed', async (t) => {
  const { engine, timers } = start();
  const drained = engine.drain(30_000);
  timers.pass(30_000);
  t.false(await drained);
});

test('drain ends at once when the engine is closed', async (t) => {
  const { engine, timers } = start();
  const drained = engine.drain(30_000);
  engine.close();
  t.false(await drained);
  t.is(timers.waiting, 0);
});

test('close tells the last events and closes the native engine once', (t) => {
  const { engine, native } = start();
  const told: string[] = [];
  engine.on('sessionClosed', ({ reason }) => told.push(reason));
  native.lastEvents = [closedSession({ reason: 'drained' })];
  engine.close();
  engine.close();
  t.deepEqual(told, ['drained']);
  t.deepEqual(native.calls, ['close']);
});

test('a closed engine refuses work with a code, and keeps its counters', (t) => {
  const { engine } = start();
  engine.close();
  t.throws(() => engine.apply(planOf()), { code: 'WL_ENGINE' });
  t.is(engine.stats().workers, 2);
  t.throws(() => engine.inspect(1), { code: 'WL_ENGINE' });
  t.throws(() => engine.retune(), { code: 'WL_ENGINE' });
});

test('threads that cannot be started are an error with a code', (t) => {
  const addon = new FakeAddon();
  Object.defineProperty(addon, 'Engine', {
    value: class {
      constructor() {
        throw Object.assign(new Error('the engine could not start: pthread_create failed'), {
          errno: 11,
        });
      }
    },
  });
  t.throws(() => new Engine(addon, { workers: 64 }), {
    code: 'WL_ENGINE',
    message: 'the engine could not start: pthread_create failed (EAGAIN)',
  });
});
