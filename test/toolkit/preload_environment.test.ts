// What the variables of the preload library mean, and what becomes of those that mean nothing.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { patience } from '../../src/keepalive/policy.js';
import { cCompiler, compileC, compileFixture } from '../helpers/compiled.js';
import { holding, type Run, runPreloaded, system } from '../helpers/preloaded.js';
import { requires } from '../helpers/requires.js';
import { temporaryFolder } from '../helpers/temporary.js';

const test = requires(cCompiler);

type Variables = Readonly<Record<string, string>>;

const one = `
#include "tell.h"
int main(void) { tell("socket", socket(AF_INET, SOCK_STREAM, 0)); socket(AF_INET6, SOCK_STREAM, 0); }`;

/** What one socket holds. */
function runOne(t: ExecutionContext, variables: Variables): Run {
  return runPreloaded([compileC(t, one, ['-Itest/fixtures/preload'])], variables);
}

const cases: readonly (readonly [title: string, variables: Variables, held: string])[] = [
  ['nothing', {}, holding()],
  ['KEEPALIVE=off', { KEEPALIVE: 'OFF', KEEPIDLE: '60' }, 'off'],
  ['KEEPALIVE=on', { KEEPALIVE: 'on', KEEPIDLE: '60' }, holding({ idle: 60 })],
  ['numbers', { KEEPCNT: '20', KEEPIDLE: '180', KEEPINTVL: '60' }, '180/60/20/0'],
  [
    'durations',
    { KEEPIDLE: '3m', KEEPINTVL: '60s', KEEPCNT: '9', USER_TIMEOUT: '90s' },
    '180/60/9/90000',
  ],
  ['the extremes', { KEEPCNT: '127', KEEPIDLE: '32767', KEEPINTVL: '1' }, '32767/1/127/0'],
  [
    'a user timeout of its own',
    { KEEPCNT: '3', KEEPIDLE: '60', KEEPINTVL: '10', USER_TIMEOUT: 'auto' },
    '60/10/3/90000',
  ],
  [
    'a user timeout of the system’s values',
    { USER_TIMEOUT: 'auto' },
    holding({}, patience(system)),
  ],
  ['a user timeout in milliseconds', { USER_TIMEOUT: '45500' }, holding({}, 45_500)],
  ['a user timeout that is off', { USER_TIMEOUT: 'off', KEEPIDLE: '60' }, holding({ idle: 60 })],
  ['a preset', { PRESET: 'aws-classic-lb' }, '20/10/7/0'],
  ['a preset and a value', { PRESET: 'aws-nat-gateway', KEEPCNT: '4' }, '60/10/4/0'],
  ['a preset and a user timeout', { PRESET: 'rfc5382', USER_TIMEOUT: 'auto' }, '60/10/3/90000'],
  [
    'a name of our own before a plain one',
    { WARMLINE_KEEPIDLE: '7', KEEPIDLE: '8' },
    holding({ idle: 7 }),
  ],
  ['an empty one, which hides a plain one', { WARMLINE_PRESET: '', PRESET: 'x' }, holding()],
];

for (const [title, variables, held] of cases) {
  test(`the environment says ${title}`, (t) => {
    const { told, stderr } = runOne(t, variables);
    t.is(told['socket'], held);
    t.is(stderr, '');
  });
}

for (const [variable, value, expected] of [
  ['KEEPALIVE', 'no', 'on or off'],
  ['KEEPCNT', '0', '1 to 127'],
  ['KEEPCNT', '128', '1 to 127'],
  ['KEEPIDLE', '32768', '1 to 32767 seconds, or a duration such as 60s'],
  ['KEEPIDLE', '1500ms', '1 to 32767 seconds, or a duration such as 60s'],
  ['KEEPINTVL', '-3', '1 to 32767 seconds, or a duration such as 60s'],
  ['KEEPINTVL', '99999999999999999999', '1 to 32767 seconds, or a duration such as 60s'],
  ['USER_TIMEOUT', '25d', 'auto, off, milliseconds, or a duration such as 90s'],
  // More milliseconds than 2^64, by 34448384.
  ['USER_TIMEOUT', '213503982335d', 'auto, off, milliseconds, or a duration such as 90s'],
  ['WARMLINE_PRESET', 'aws', 'the name of a preset such as aws-nat-gateway'],
  ['WARMLINE_RULES', '10.0.0.0/33=off', 'a rule such as 10.0.0.0/8=60s/10s/3'],
] as const) {
  test(`${variable}=${value} is warned of once and ignored`, (t) => {
    const { told, stderr } = runOne(t, { [variable]: value });
    t.is(told['socket'], holding());
    const line = `libwarmline_preload: ${variable}: expected ${expected}, got "${value}"; it is ignored\n`;
    t.is(stderr, line);
  });
}

test('a program that makes no TCP socket is told nothing', (t) => {
  const program = compileC(t, 'int main(void) { return 0; }');
  t.is(runPreloaded([program], { KEEPIDLE: 'nonsense' }).stderr, '');
});

test('a file that has taken the place of standard error is not written to', (t) => {
  const file = join(temporaryFolder(t), 'precious');
  const program = compileFixture(t, 'errors');
  const { told, stderr } = runPreloaded([program, file], { KEEPIDLE: 'nonsense' });
  t.is(told['socket'], holding());
  t.deepEqual([stderr, readFileSync(file, 'utf8')], ['', '']);
});

for (const [state, situation] of [
  ['reader', 'whose standard error has lost its reader'],
  ['waiting', 'in which SIGPIPE waits already'],
  ['cancelled', 'whose thread is to be cancelled'],
] as const) {
  test(`a warning is not felt by a program ${situation}`, (t) => {
    const { told } = runPreloaded([compileFixture(t, 'unfelt'), state], { KEEPIDLE: 'nonsense' });
    t.deepEqual(told, { socket: holding(), ok: '' });
  });
}

const base = { KEEPIDLE: '61', KEEPINTVL: '11', KEEPCNT: '5' };

for (const [rules, address, held] of [
  ['127.0.0.0/8=62s/12s/3', '127.0.0.1', '62/12/3/0'],
  ['127.0.0.1=62s/12s/3/auto', '127.0.0.1', '62/12/3/98000'],
  ['127.0.0.1=62/12/3/off', '127.0.0.1', '62/12/3/0'],
  ['127.0.0.1=aws-classic-lb', '127.0.0.1', '20/10/7/0'],
  ['127.0.0.1=off', '127.0.0.1', 'off'],
  ['127.0.0.1=on,0.0.0.0/0=off', '127.0.0.1', '61/11/5/0'],
  ['127.0.0.2=off, ::/0=off', '127.0.0.1', '61/11/5/0'],
  ['128.0.0.0/1=off', '127.0.0.1', '61/11/5/0'],
  ['0.0.0.0/1=off', '127.0.0.1', 'off'],
  ['::1=off', '::1', 'off'],
  ['0.0.0.0/0=off,::/127=62s/12s/3', '::1', '62/12/3/0'],
  ['::ffff:127.0.0.0/104=off', '127.0.0.1', 'off'],
] as const) {
  test(`with the rules ${rules} a connection to ${address} has ${held}`, (t) => {
    const variables = { ...base, WARMLINE_RULES: rules };
    const { told, stderr } = runPreloaded([compileFixture(t, 'peers'), address], variables);
    t.is(stderr, '');
    const kinds = Object.keys(told).filter(
      (kind) => /^(connected|accepted)/.test(kind) && !/silenced|tuned/.test(kind),
    );
    t.is(kinds.length, 7);
    t.deepEqual(
      kinds.map((kind) => told[kind]),
      kinds.map(() => held),
    );
  });
}
