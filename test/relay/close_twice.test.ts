// Closing is idempotent, with sessions in every state.
import { loadAddon } from '../../src/engine/addon.js';
import { connectTo } from '../helpers/connection.js';
import { startUnanswering } from '../helpers/dead_ends.js';
import { planOf, routeOf } from '../helpers/plans.js';
import { startRelay } from '../helpers/relay.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

test.serial('a second close does nothing', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  await upstream.accept();
  relay.engine.close();
  relay.engine.close();
  t.deepEqual(
    relay.closed.map(({ reason }) => reason),
    ['drained'],
  );
  t.is(await client.readAll(), 'ECONNRESET');
});

test.serial('a session that is being dialled is closed as well', async (t) => {
  const relay = startRelay(t, { endpoints: [await startUnanswering(t)] });
  const client = await connectTo(t, relay.port);
  await relay.active(1);
  relay.engine.close();
  t.deepEqual(
    relay.closed.map(({ reason }) => reason),
    ['drained'],
  );
  t.is(await client.readAll(), 'ECONNRESET');
});

test.serial(
  'the native engine returns its last events once and refuses work after its close',
  (t) => {
    const addon = loadAddon();
    const native = new addon.Engine({
      workers: 1,
      backEnd: 'auto',
      eventCapacity: 16,
      onWake: () => {},
    });
    t.true(native.apply(planOf(routeOf())).ok);
    t.deepEqual(native.close(), [{ type: 'drained' }]);
    t.deepEqual(native.close(), []);
    t.false(native.apply(planOf(routeOf())).ok);
    t.notThrows(() => {
      native.stopAccepting();
      native.inspect(1, 1);
      native.stats();
    });
  },
);
