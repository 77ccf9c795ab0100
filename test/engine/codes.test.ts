// The close reasons are one list, here and in the native engine.
import { loadAddon } from '../../src/engine/addon.js';
import { cleanCloseReasons, closeReasons, legOfReason } from '../../src/engine/codes.js';
import { test } from '../helpers/steady.js';

test('the native engine has the same reasons in the same order', (t) => {
  t.deepEqual(loadAddon().closeReasons, closeReasons);
});

test('a reason tells its leg, and dialling is on the upstream leg', (t) => {
  t.is(legOfReason('clientReset'), 'client');
  t.is(legOfReason('upstreamFin'), 'upstream');
  t.is(legOfReason('dialTimeout'), 'upstream');
  t.deepEqual(
    closeReasons.filter((reason) => legOfReason(reason) === 'none'),
    ['halfCloseTimeout', 'drained'],
  );
});

test('only a FIN is a clean end', (t) => {
  t.deepEqual([...cleanCloseReasons], ['clientFin', 'upstreamFin']);
});
