// Intent: what is derived from what is wanted, and what can't be had, by examples.
import test from 'ava';
import { type KeepaliveSettings, mergeKeepalive } from '../../src/keepalive/policy.js';
import { formatKeepalive } from '../../src/keepalive/timeline.js';
import { derive, derived } from '../helpers/derived.js';
import { readText } from '../helpers/repository.js';

test('the built-in patience gives the built-in values', (t) => {
  t.is(inWords({ deadAfter: 90 }), '60s/10s/3/90s');
  t.is(inWords({ preset: 'aws-nat-gateway' }), '60s/10s/3/90s');
  t.is(inWords({ natTimeout: 180 }), '60s/10s/3/90s');
});

test('two thirds of a deadAfter are idle, three probes are the rest', (t) => {
  t.is(inWords({ deadAfter: 30 }), '21s/3s/3/30s');
  t.is(inWords({ deadAfter: 900 }), '600s/100s/3/15m');
  t.is(inWords({ deadAfter: 9 }), '6s/1s/3/9s');
});

test('the shortest deadAfters have as many probes as fit', (t) => {
  t.is(inWords({ deadAfter: 2 }), '1s/1s/1/2s');
  t.is(inWords({ deadAfter: 3 }), '1s/1s/2/3s');
  t.is(inWords({ deadAfter: 4 }), '1s/1s/3/4s');
});

test('a short natTimeout shortens the period, and patience goes into more probes', (t) => {
  t.is(inWords({ natTimeout: 30, deadAfter: 90 }), '10s/10s/8/90s');
  t.is(inWords({ natTimeout: 30 }), '10s/10s/8/90s');
  t.is(inWords({ preset: 'aws-classic-lb' }), '20s/10s/7/90s');
  t.is(inWords({ natTimeout: 3, deadAfter: 600 }), '1s/1s/127/128s');
});

test('explicit keys stay, and the others are derived around them', (t) => {
  t.is(inWords({ deadAfter: 90, interval: 5 }), '40s/5s/10/90s');
  t.is(inWords({ deadAfter: 90, idle: 20 }), '20s/10s/7/90s');
  t.is(inWords({ deadAfter: 90, count: 1 }), '60s/30s/1/90s');
  t.is(inWords({ deadAfter: 90, count: 10 }), '40s/5s/10/90s');
  t.is(inWords({ deadAfter: 90, idle: 30, count: 5 }), '30s/12s/5/90s');
  t.is(inWords({ deadAfter: 90, interval: 30 }), '30s/30s/2/90s');
  t.is(inWords({ deadAfter: 61, idle: 60 }), '60s/1s/1/61s');
});

test('the user timeout is as given, else idle + interval × count', (t) => {
  t.is(inWords({ deadAfter: 90, userTimeout: 'auto' }), '60s/10s/3/90s');
  t.is(inWords({ deadAfter: 90, userTimeout: 0 }), '60s/10s/3/off');
  t.is(inWords({ deadAfter: 90, userTimeout: 70_000 }), '60s/10s/3/70s');
});

test('without a deadAfter explicit keys may take more than the built-in patience', (t) => {
  t.is(inWords({ natTimeout: 350, idle: 300 }), '300s/10s/3/330s');
  t.is(inWords({ natTimeout: 350, interval: 60 }), '60s/60s/3/4m');
  t.is(inWords({ natTimeout: 350, userTimeout: 600_000 }), '60s/10s/3/10m');
});

test('explicit keys may be longer than a natTimeout allows', (t) => {
  t.is(inWords({ natTimeout: 30, deadAfter: 90, idle: 60 }), '60s/10s/3/90s');
  t.is(inWords({ natTimeout: 30, deadAfter: 90, interval: 20 }), '10s/20s/3/70s');
});

test('a preset is a natTimeout, which one beside it or nearer replaces', (t) => {
  const inForce = (...layers: KeepaliveSettings[]) => mergeKeepalive(layers)?.intent;
  t.deepEqual(inForce({ preset: 'meraki' }), { preset: 'meraki', natTimeout: 300 });
  const own = { preset: 'meraki', natTimeout: 60 };
  t.deepEqual(inForce({ preset: 'meraki', natTimeout: 60 }), own);
  t.deepEqual(inForce({ preset: 'meraki' }, { natTimeout: 60 }), own);
  t.deepEqual(inForce({ natTimeout: 60 }, { preset: 'meraki' }), {
    preset: 'meraki',
    natTimeout: 300,
  });
  const nearer = inForce({ preset: 'gcp-vpc', deadAfter: 9 }, { preset: 'meraki' });
  t.deepEqual(nearer, { preset: 'meraki', natTimeout: 300, deadAfter: 9 });
});

test('an intent takes back explicit keys of the layers before, and no others', (t) => {
  t.is(inWords({ idle: 50, count: 9, userTimeout: 0 }, { deadAfter: 90 }), '60s/10s/3/90s');
  t.is(inWords({ idle: 50 }, { deadAfter: 90, count: 1 }, { interval: 20 }), '70s/20s/1/90s');
  t.is(inWords({ deadAfter: 30 }, { natTimeout: 30 }), '9s/3s/7/30s');
});

test('off forgets no intent, and settings after it bring it back', (t) => {
  t.is(mergeKeepalive([{ deadAfter: 30 }, 'off']), null);
  const asked = mergeKeepalive([{ deadAfter: 30 }, 'off', { count: 2 }]);
  t.deepEqual(asked, { explicit: { count: 2 }, intent: { deadAfter: 30 } });
});

test('a conflict names the keys and the nearest value of each that makes room', (t) => {
  t.deepEqual(conflict({ deadAfter: 30, idle: 60 }), {
    deadAfter: 30,
    explicit: [{ key: 'idle', value: 60 }],
    nearest: [
      { key: 'deadAfter', value: 61 },
      { key: 'idle', value: 29 },
    ],
  });
  t.deepEqual(conflict({ deadAfter: 90, interval: 60, count: 3 })?.nearest, [
    { key: 'deadAfter', value: 240 },
    { key: 'interval', value: 22 },
  ]);
  t.deepEqual(conflict({ deadAfter: 90, userTimeout: 600_000 })?.nearest, [
    { key: 'deadAfter', value: 600 },
    { key: 'userTimeout', value: 90_000 },
  ]);
});

test('a user timeout that only a probe after the deadAfter would see is a conflict', (t) => {
  const asked = { deadAfter: 90, idle: 20, interval: 20, userTimeout: 90_000 };
  t.deepEqual(conflict(asked)?.nearest, [
    { key: 'deadAfter', value: 100 },
    { key: 'interval', value: 14 },
    { key: 'userTimeout', value: 80_000 },
  ]);
});

test('a deadAfter that is far off is found too', (t) => {
  const asked = { deadAfter: 305, idle: 8250, interval: 916, userTimeout: 26_878_000 };
  t.deepEqual(conflict(asked)?.nearest, [{ key: 'deadAfter', value: 27_486 }]);
});

test('a conflict that no deadAfter resolves offers none', (t) => {
  const longest = { idle: 32_767, interval: 32_767, count: 127 };
  t.deepEqual(conflict({ deadAfter: 90, ...longest })?.nearest, []);
});

test('the examples of docs/keepalive.md are what is derived', (t) => {
  const rows = [...readText('docs/keepalive.md').matchAll(/^\| `\{ (.*) \}` \| `(\S+)` \|$/gm)];
  t.is(rows.length, 7);
  for (const [, wanted = '', gives] of rows) t.is(inWords(parse(wanted)), gives ?? '', wanted);
});

/** "deadAfter: 90s, count: 2, userTimeout: off" as settings. */
function parse(words: string): KeepaliveSettings {
  const entries = words.split(', ').map((pair) => {
    const [key = '', value = ''] = pair.split(': ');
    const number = Number.parseInt(value === 'off' ? '0' : value, 10);
    return [key, Number.isNaN(number) ? value : number];
  });
  return Object.fromEntries(entries) as KeepaliveSettings;
}

function inWords(...layers: KeepaliveSettings[]): string {
  return formatKeepalive(derived(...layers));
}

function conflict(settings: KeepaliveSettings) {
  const derivation = derive(settings);
  return derivation.ok ? undefined : derivation.conflict;
}
