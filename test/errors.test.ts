// Errors: docs/errors.md has every code, and its examples are what the program says.
import test from 'ava';
import { loadConfigFile, parseConfig } from '../src/config/load.js';
import { configFromWords } from '../src/config/words.js';
import { resolveEndpoints } from '../src/dns/resolver.js';
import { errorCodes } from '../src/errors.js';
import { setKeepalive } from '../src/index.js';
import { readText } from './helpers/repository.js';

const [, ...sections] = readText('docs/errors.md').split(/^## /m);

test('docs/errors.md has a section for every code, in the order of the code', (t) => {
  const meanings = sections.map((section) => section.split('\n').filter(Boolean).slice(0, 2));
  t.deepEqual(meanings, Object.entries(errorCodes));
});

test('every section shows a line and says what to do and the exit code', (t) => {
  for (const section of sections) {
    const code = section.split('\n', 1)[0] ?? '';
    t.regex(exampleOf(section), new RegExp(`^warmline: .+ \\[${code}\\]$`));
    t.regex(section, /^\*\*What to do:\*\* .+Exit code [12]/ms);
  }
});

const file = `routes:
  - name: postgres
    listen: 127.0.0.1:15432
    upstream: db.internal:5432
    keepalive:
      idle: 30
`;

/** How the examples come about that need no engine. */
const makers: Readonly<Record<string, () => unknown>> = {
  WL_USAGE: () =>
    configFromWords({ listen: ['[::1]:0'], upstream: ['a:1'], keepalive: '60/10s/3' }),
  WL_ARGUMENT: () => setKeepalive(0, { idle: 30 as unknown as string }),
  WL_CONFIG_READ: () => loadConfigFile('warmline.yml'),
  WL_CONFIG_INVALID: () => parseConfig(file, 'warmline.yaml'),
  WL_RESOLVE: () => resolveEndpoints(parseConfig(file.replace('30', '30s'), 'f'), failingLookup),
};

for (const [code, make] of Object.entries(makers)) {
  test(`the example of ${code} is what the program says`, async (t) => {
    const error = await t.throwsAsync(async () => await make(), { code });
    const section = sections.find((each) => each.startsWith(code)) ?? '';
    t.is(`warmline: ${error?.message} [${code}]`, exampleOf(section));
  });
}

function exampleOf(section: string): string {
  return /^```text\n(.+)\n```$/m.exec(section)?.[1] ?? '';
}

function failingLookup(): Promise<never> {
  return Promise.reject(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }));
}
