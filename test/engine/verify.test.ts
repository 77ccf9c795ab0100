// What is asked of the kernel is compared with what it holds, before anything listens.
import { constants } from 'node:os';
import test from 'ava';
import { verifyKeepalivesOrThrow } from '../../src/engine/verify.js';
import { FakeAddon } from '../helpers/fake_addon.js';
import { keepalive, planOf, routeOf } from '../helpers/plans.js';

test('each distinct keepalive is tried once', (t) => {
  const addon = new FakeAddon();
  const other = { ...keepalive, idle: 30 };
  verifyKeepalivesOrThrow(addon, planOf(routeOf(), routeOf({ name: 'b', client: other })));
  t.deepEqual(addon.probes, [keepalive, other]);
});

test('a leg without keepalive is not tried', (t) => {
  const addon = new FakeAddon();
  verifyKeepalivesOrThrow(addon, planOf(routeOf({ client: null, upstream: null })));
  t.deepEqual(addon.probes, []);
});

test('a difference names the route, the leg, what was asked and what was got', (t) => {
  const addon = new FakeAddon();
  addon.probeResult = { ok: true, effective: { enabled: true, ...keepalive, count: 9 } };
  t.throws(() => verifyKeepalivesOrThrow(addon, planOf(routeOf({ name: 'db', client: null }))), {
    code: 'WL_KEEPALIVE_REFUSED',
    message:
      'route db: keepalive.upstream: asked for idle 60 s, interval 10 s, count 3, user timeout 90000 ms, ' +
      'got idle 60 s, interval 10 s, count 9, user timeout 90000 ms',
  });
});

test('SO_KEEPALIVE that stayed off is a difference', (t) => {
  const addon = new FakeAddon();
  addon.probeResult = { ok: true, effective: { enabled: false, ...keepalive } };
  t.throws(() => verifyKeepalivesOrThrow(addon, planOf(routeOf())), {
    code: 'WL_KEEPALIVE_REFUSED',
    message: /, got idle 60 s, .*, SO_KEEPALIVE off$/,
  });
});

test('a refusal tells the error and the system call', (t) => {
  const addon = new FakeAddon();
  const failure = { errno: constants.errno.EINVAL, syscall: 'setsockopt(TCP_KEEPIDLE)' };
  addon.probeResult = { ok: false, failure };
  t.throws(() => verifyKeepalivesOrThrow(addon, planOf(routeOf())), {
    code: 'WL_KEEPALIVE_REFUSED',
    message: /^route test: keepalive\.client: .* got EINVAL from setsockopt\(TCP_KEEPIDLE\)$/,
  });
});
