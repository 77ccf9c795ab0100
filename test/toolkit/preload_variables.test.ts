// What the options of `warmline preload` become in a program's environment.
import test from 'ava';
import { preloadVariables, type Variables } from '../../src/toolkit/preload/variables.js';
import { parseWish, type Words } from '../../src/toolkit/preload/wish.js';

const library = '/lib/ours.so';

function variablesOf(words: Words, environment: NodeJS.ProcessEnv = {}): Variables {
  const { LD_PRELOAD: _, ...variables } = preloadVariables(parseWish(words), library, environment);
  return variables;
}

const builtIn = {
  WARMLINE_KEEPALIVE: 'on',
  WARMLINE_KEEPCNT: '3',
  WARMLINE_KEEPIDLE: '60',
  WARMLINE_KEEPINTVL: '10',
};

test('without a word it is what the relay takes, without a user timeout', (t) => {
  t.deepEqual(variablesOf({}), builtIn);
});

test('what the environment says stands where no option says anything', (t) => {
  for (const name of ['KEEPIDLE', 'KEEPALIVE', 'WARMLINE_KEEPCNT']) {
    t.deepEqual(variablesOf({}, { [name]: 'something' }), {}, name);
  }
  t.deepEqual(variablesOf({}, { PRESET: 'rfc5382' }), {});
  t.deepEqual(variablesOf({}, { KEEPIDLE: '' }), builtIn);
});

test('what says no times, or is another program’s word, leaves no connection without them', (t) => {
  for (const environment of [
    { USER_TIMEOUT: '90s' },
    { WARMLINE_RULES: '10.0.0.0/8=off' },
    { PRESET: 'ultrafast' },
    { PRESET: 'rfc5382', WARMLINE_PRESET: '' },
  ]) {
    t.deepEqual(variablesOf({}, environment), builtIn, JSON.stringify(environment));
  }
});

test('options go before the environment, also before its off', (t) => {
  const variables = variablesOf({ idle: '2m' }, { KEEPALIVE: 'off', WARMLINE_PRESET: 'rfc5382' });
  t.deepEqual(variables, { ...builtIn, WARMLINE_KEEPIDLE: '120' });
});

test('a preset is completed around the values that are given', (t) => {
  const variables = variablesOf({ preset: 'aws-classic-lb', count: '4' });
  t.deepEqual(variables, {
    ...builtIn,
    WARMLINE_KEEPCNT: '4',
    WARMLINE_KEEPIDLE: '20',
    WARMLINE_KEEPINTVL: '20',
  });
});

for (const [word, written] of [
  ['auto', 'auto'],
  ['off', 'off'],
  ['90s', '90000'],
] as const) {
  test(`the user timeout ${word} is ${written} to the library`, (t) => {
    t.is(variablesOf({ userTimeout: word })['WARMLINE_USER_TIMEOUT'], written);
  });
}

test('rules stand in their order', (t) => {
  const rule = ['10.0.0.0/8=60s/10s/3/auto', 'fd00::/8=off', '192.0.2.7=aws-nlb-tcp', '::/0=on'];
  t.is(variablesOf({ rule })['WARMLINE_RULES'], rule.join(','));
});

test('off is all that is said', (t) => {
  t.deepEqual(variablesOf({ off: true }), { WARMLINE_KEEPALIVE: 'off' });
});

for (const [before, after] of [
  [undefined, library],
  ['', library],
  ['/lib/other.so', `/lib/other.so:${library}`],
  ['/lib/a.so /lib/b.so', `/lib/a.so:/lib/b.so:${library}`],
  [`/lib/a.so:${library}`, `/lib/a.so:${library}`],
] as const) {
  test(`LD_PRELOAD ${before} becomes ${after}`, (t) => {
    const variables = preloadVariables(parseWish({}), library, { LD_PRELOAD: before });
    t.is(variables['LD_PRELOAD'], after);
  });
}

for (const [rule, mend] of [
  ['10.0.0.0/8', 'what stands before "=" is no address range'],
  ['10.0.0/8=off', 'what stands before "=" is no address range'],
  ['10.0.0.0/33=off', 'what stands before "=" is no address range'],
  ['::/129=off', 'what stands before "=" is no address range'],
  ['10.0.0.0/=off', 'what stands before "=" is no address range'],
  ['::1=60s', 'what stands behind "=" is idle/interval/count, on, off or a preset'],
  ['::1=60s/1s/1/off/1', 'what stands behind "=" is idle/interval/count, on, off or a preset'],
  ['::1=60/10s/3', 'idle: expected a duration such as "30s", got "60" (a number without a unit)'],
  ['::1=60s/10s/128', 'count: expected a number from 1 to 127, got "128"'],
  [
    '::1=60s/10s/3/x',
    'user timeout: expected "auto", "off" or a duration such as "90s", got "x" (the units are ms, s, m, h, d)',
  ],
] as const) {
  test(`the rule ${rule} is refused`, (t) => {
    const error = t.throws(() => parseWish({ rule: [rule] }), { code: 'WL_USAGE' });
    t.true(error?.message.startsWith('--rule: expected a rule such as "10.0.0.0/8=60s/10s/3"'));
    t.true(error?.message.endsWith(`, got "${rule}" (${mend})`), error?.message);
  });
}

test('more rules than the library has room for are refused', (t) => {
  const rule = Array.from({ length: 33 }, () => '::1=off');
  const message = '--rule: expected at most 32 rules';
  t.throws(() => parseWish({ rule }), { code: 'WL_USAGE', message });
});
