// The preload library's reading of its environment, from its own sources under sanitizers, fed with what nobody meant.
import { execFileSync } from 'node:child_process';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { presetNames } from '../../src/keepalive/presets.js';
import { cCompiler, compileFixture } from '../helpers/compiled.js';
import { requires } from '../helpers/requires.js';
import { systemEnv } from '../helpers/system.js';

const test = requires(cCompiler);

type Environment = readonly (readonly [name: string, value: string])[];

const names = ['KEEPALIVE', 'KEEPCNT', 'KEEPIDLE', 'KEEPINTVL', 'USER_TIMEOUT', 'PRESET', 'RULES'];

const name = fc
  .tuple(fc.constantFrom('', 'WARMLINE_'), fc.constantFrom(...names))
  .map((parts) => parts.join(''));

const piece = fc.oneof(
  fc.constantFrom('/', ',', '=', ' ', ':', '.', '-', '%', 'ms', 's', 'm', 'h', 'd', '"', '\t'),
  fc.constantFrom('auto', 'off', 'on', '10.0.0.0/8', 'fd00::/8', '::', '0.0.0.0/0', '60s/10s/3'),
  fc.constantFrom(...presetNames),
  fc.nat().map(String),
  fc.bigInt({ min: 0n, max: 1n << 130n }).map(String),
  fc.string({ maxLength: 60 }),
);

const chaos = fc.array(piece, { maxLength: 60 }).map((pieces) =>
  pieces
    .join('')
    .replace(/[\n\0]/g, '')
    .slice(0, 3000),
);

const likely = fc.constantFrom('off', 'auto', '1', '20', '60s', '32767', '10.0.0.0/8=60s/10s/3');

const value = fc.oneof(chaos, likely);

const environments = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 8 });

test('20,000 random environments are read without reaching past an end', (t) => {
  const samples = fc.sample(environments, 20_000);
  t.is(read(t, samples).length, samples.length);
});

test('what is made of them is always something that the kernel takes', (t) => {
  for (const line of read(t, fc.sample(environments, 5000))) {
    const settings = line.split(' ! ')[0] ?? '';
    for (const [, ...numbers] of settings.matchAll(/(-?\d+)\/(-?\d+)\/(-?\d+)\/(-?\d+)/g)) {
      const [idle = 0, interval = 0, count = 0, userTimeout = 0] = numbers.map(Number);
      t.true(isLeftOrWithin(idle, 32_767) && isLeftOrWithin(interval, 32_767), line);
      t.true(isLeftOrWithin(count, 127), line);
      t.true(userTimeout >= -2 && userTimeout <= 2_147_483_647, line);
    }
    for (const [, bits] of settings.matchAll(/ \| (\d+) /g)) t.true(Number(bits) <= 128, line);
  }
});

test('more rules than there is room for are left out, and complained of', (t) => {
  const rules = Array.from({ length: 40 }, (_, i) => `10.0.0.${i}=off`).join(',');
  const [line = ''] = read(t, [[['WARMLINE_RULES', rules]]]);
  t.is(line.match(/\| 128 off/g)?.length, 32);
  t.is(line.match(/! WARMLINE_RULES/g)?.length, 4);
});

const sources = ['settings', 'words', 'rules', 'presets'].map((each) => `native/preload/${each}.c`);
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-g1', '-O1'];

/** What the library makes of each. */
function read(t: ExecutionContext, samples: readonly Environment[]): string[] {
  const words = ['-D_DEFAULT_SOURCE', '-Inative', ...sanitizers, ...sources];
  const program = compileFixture(t, 'settings_fuzz', words);
  const input = samples.map((each) => `${each.map((pair) => pair.join('=')).join('\n')}\n\n`);
  const options = { encoding: 'utf8', env: systemEnv, maxBuffer: 1 << 26 } as const;
  const output = execFileSync(program, { input: input.join(''), ...options });
  return output.trimEnd().split('\n');
}

/** -1 leaves a value to the system. */
function isLeftOrWithin(number: number, max: number): boolean {
  return number === -1 || (number >= 1 && number <= max);
}
