// Arbitrary: whatever the text, parsing gives a Config or a ConfigInvalidError with placed problems, and nothing else.
import test from 'ava';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { parseConfig } from '../../src/config/load.js';
import { ConfigInvalidError } from '../../src/config/problems.js';

test('any text gives a Config or problems', (t) => {
  t.notThrows(() => fc.assert(fc.property(fc.string({ unit: 'binary' }), isConfigOrProblems)));
});

test('any text of YAML punctuation gives a Config or problems', (t) => {
  const unit = fc.constantFrom(
    ...'[]{}:,-?&*!|>\'"%@` \n\t#a0~<=',
    'routes',
    ': ',
    '\n  - ',
    '<<: *a',
    '&a ',
  );
  t.notThrows(() => fc.assert(fc.property(fc.string({ unit, maxLength: 60 }), isConfigOrProblems)));
});

test('any value in YAML gives a Config or problems', (t) => {
  const inYaml = fc.jsonValue().map((value) => stringify(value));
  t.notThrows(() => fc.assert(fc.property(inYaml, isConfigOrProblems)));
});

test('any intent with any options gives a Config or problems', (t) => {
  const seconds = fc.integer({ min: 1, max: 100 }).map((seconds) => `${seconds}s`);
  const settings = fc.record(
    {
      idle: seconds,
      interval: seconds,
      count: fc.integer({ min: 1, max: 20 }),
      userTimeout: seconds,
      preset: fc.constantFrom('meraki', 'aws-ec2'),
      natTimeout: seconds,
      deadAfter: seconds,
    },
    { requiredKeys: [] },
  );
  const place = fc.oneof(
    fc.constant('off'),
    fc
      .tuple(settings, settings, settings)
      .map(([both, client, upstream]) => ({ ...both, client, upstream })),
  );
  const inYaml = fc.tuple(place, place, place).map(([defaults, first, second]) => {
    const route = (name: string, keepalive: unknown) => ({
      name,
      listen: '127.0.0.1:0',
      upstream: 'a:1',
      keepalive,
    });
    const routes = [route('first', first), route('second', second)];
    return stringify({ defaults: { keepalive: defaults }, routes });
  });
  t.notThrows(() => fc.assert(fc.property(inYaml, isConfigOrProblems), { numRuns: 500 }));
});

test('a configuration with any values under the right keys gives a Config or problems', (t) => {
  const inYaml = nearlyConfig.map((value) => stringify(value));
  t.notThrows(() => fc.assert(fc.property(inYaml, isConfigOrProblems), { numRuns: 500 }));
});

const word = fc.oneof(
  fc.constantFrom(
    'off',
    'auto',
    '30s',
    '3s',
    '90s',
    'meraki',
    '1500ms',
    '127.0.0.1:1',
    '[::1]:1',
    'a:1',
    'unix:/a',
    'a',
  ),
  fc.constantFrom(true, null, 0, 1, 2.5, -1),
  fc.jsonValue({ maxDepth: 1 }),
);

function mapping(...keys: readonly string[]): fc.Arbitrary<unknown> {
  const values = Object.fromEntries(keys.map((key) => [key, word]));
  return fc.oneof({ weight: 4, arbitrary: fc.record(values, { requiredKeys: [] }) }, word);
}

const options = ['idle', 'interval', 'count', 'userTimeout', 'preset', 'natTimeout', 'deadAfter'];
const keepalive = mapping(...options, 'client', 'upstream');

const route = fc.record(
  {
    name: word,
    listen: fc.oneof(word, fc.array(word)),
    upstream: fc.oneof(word, fc.array(word), mapping('endpoints')),
    keepalive,
    connectTimeout: word,
    noDelay: word,
    onDeath: word,
    backlog: word,
  },
  { requiredKeys: [] },
);

const nearlyConfig = fc.record(
  {
    log: mapping('level', 'format', 'sessions'),
    workers: word,
    drainTimeout: word,
    defaults: fc.record({ keepalive, halfCloseTimeout: word }, { requiredKeys: [] }),
    routes: fc.array(route),
  },
  { requiredKeys: ['routes'] },
);

function isConfigOrProblems(text: string): boolean {
  try {
    return parseConfig(text, 'f').routes.length > 0;
  } catch (error) {
    if (!(error instanceof ConfigInvalidError)) throw error;
    return (
      error.problems.length > 0 &&
      error.problems.every(({ line, column }) => Number(line) >= 1 && Number(column) >= 1)
    );
  }
}
