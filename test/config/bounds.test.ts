// Bounds: texts made to exhaust a parser give one clear error, soon, and never a crash.
import test from 'ava';
import { parseConfig } from '../../src/config/load.js';
import { ConfigInvalidError } from '../../src/config/problems.js';

const mebibyte = 1_048_576;

const tooDeep: Readonly<Record<string, string>> = {
  'lists in flow style': '['.repeat(mebibyte),
  'mappings in flow style': '{'.repeat(mebibyte),
  'lists in block style': '- '.repeat(mebibyte / 2),
  'keys that are mappings': '? '.repeat(mebibyte / 2),
  'an anchor in itself': 'routes: &a [*a]',
  'a merge of itself': 'routes: &a { <<: *a }',
};

for (const [name, text] of Object.entries(tooDeep)) {
  test(`nesting without end is refused: ${name}`, (t) => {
    t.throws(() => parseConfig(text, 'f'), {
      instanceOf: ConfigInvalidError,
      message: /^f:1:\d+: expected at most 64 levels, got more$/,
    });
  });
}

test('aliases that multiply are refused', (t) => {
  const levels = Array.from({ length: 8 }, (_, level) => {
    const items = level === 0 ? 'x' : `*a${level - 1}`;
    return `- &a${level} [${Array(9).fill(items).join(', ')}]\n`;
  });
  t.throws(() => parseConfig(levels.join(''), 'f'), {
    instanceOf: ConfigInvalidError,
    message: /^f:\d:\d+: expected at most 250000 values, got more \(each use of an alias counts\)$/,
  });
});

const manyMistakes: Readonly<Record<string, string>> = {
  'brackets that close nothing': ']'.repeat(10_000),
  'anchors on anchors': '&a '.repeat(10_000),
  'quotes on quotes': '"'.repeat(10_001),
  'aliases on aliases': '*a '.repeat(10_000),
};

for (const [name, text] of Object.entries(manyMistakes)) {
  test(`a line with many mistakes is one problem: ${name}`, (t) => {
    const error = t.throws(() => parseConfig(text, 'f'), { instanceOf: ConfigInvalidError });
    t.is(error?.problems.length, 1);
  });
}
