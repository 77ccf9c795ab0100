// Policy: layers of keepalive settings become one.
import { isDeepStrictEqual } from 'node:util';
import test from 'ava';
import fc from 'fast-check';
import { deriveKeepalive } from '../../src/keepalive/intent.js';
import {
  builtInKeepalive,
  type Keepalive,
  type KeepaliveLayer,
  type KeepaliveSettings,
  mergeKeepalive,
} from '../../src/keepalive/policy.js';

test('without a word from anybody the built-in values hold', (t) => {
  const builtIn = { idle: 60, interval: 10, count: 3, userTimeout: 90_000 };
  t.deepEqual(merge([]), builtIn);
  t.deepEqual(merge([undefined, {}, undefined]), builtIn);
});

test('the nearest layer that has a key decides it', (t) => {
  const layers = [{ idle: 50, count: 9 }, { interval: 5 }, { idle: 20, userTimeout: 7000 }];
  t.deepEqual(merge(layers), { idle: 20, interval: 5, count: 9, userTimeout: 7000 });
});

test('off turns keepalive off, whatever came before', (t) => {
  t.is(merge(['off']), null);
  t.is(merge([{ idle: 20 }, 'off']), null);
});

test('settings after off turn it on again and remember what came before off', (t) => {
  const merged = merge([{ idle: 20 }, 'off', { count: 5 }]);
  t.deepEqual(merged, { idle: 20, interval: 10, count: 5, userTimeout: 70_000 });
});

test('settings without a key say nothing, so off stays off', (t) => {
  t.is(merge(['off', {}, undefined]), null);
});

test('auto is computed from the merged values, not from those beside it', (t) => {
  const merged = merge([
    { userTimeout: 'auto', idle: 20 },
    { idle: 30, count: 1 },
  ]);
  t.is(merged?.userTimeout, 40_000);
});

test('auto takes back a user timeout that a layer before has set', (t) => {
  t.is(merge([{ userTimeout: 5000 }, { userTimeout: 'auto' }])?.userTimeout, 90_000);
});

test('auto stops at the longest user timeout that the kernel takes', (t) => {
  const longest = { idle: 32_767, interval: 32_767, count: 127 };
  t.is(merge([longest])?.userTimeout, 2_147_483_647);
});

test('a user timeout of 0 stays off', (t) => {
  t.is(merge([{ userTimeout: 0 }])?.userTimeout, 0);
});

test('every key comes from the nearest layer that has it, for any layers', (t) => {
  const holds = fc.property(fc.array(anyLayer), (layers) => {
    const merged = merge([...layers, { count: 3 }]);
    const settings = layers.filter((layer) => layer !== undefined && layer !== 'off');
    const idle = settings.findLast((layer) => 'idle' in layer)?.idle ?? builtInKeepalive.idle;
    const interval =
      settings.findLast((layer) => 'interval' in layer)?.interval ?? builtInKeepalive.interval;
    const asked = settings.findLast((layer) => 'userTimeout' in layer)?.userTimeout ?? 'auto';
    const userTimeout = asked === 'auto' ? (idle + interval * 3) * 1000 : asked;
    return isDeepStrictEqual(merged, { idle, interval, count: 3, userTimeout });
  });
  t.notThrows(() => fc.assert(holds));
});

test('the last layer that says anything decides between on and off, for any layers', (t) => {
  const holds = fc.property(fc.array(anyLayer), (layers) => {
    const last = layers.findLast((layer) => layer === 'off' || Object.keys(layer ?? {}).length > 0);
    return (merge(layers) === null) === (last === 'off');
  });
  t.notThrows(() => fc.assert(holds));
});

/** What the layers come to. */
function merge(layers: readonly KeepaliveLayer[]): Keepalive | null {
  const asked = mergeKeepalive(layers);
  const derivation = asked && deriveKeepalive(asked);
  if (derivation?.ok === false) throw new Error('these layers have no intent');
  return derivation === null ? null : derivation.keepalive;
}

const seconds = fc.integer({ min: 1, max: 32_767 });

const anySettings: fc.Arbitrary<KeepaliveSettings> = fc.record(
  {
    idle: seconds,
    interval: seconds,
    count: fc.integer({ min: 1, max: 127 }),
    userTimeout: fc.oneof(fc.constant('auto' as const), fc.nat()),
  },
  { requiredKeys: [] },
);

const anyLayer: fc.Arbitrary<KeepaliveLayer> = fc.oneof(
  anySettings,
  fc.constantFrom('off' as const, undefined),
);
