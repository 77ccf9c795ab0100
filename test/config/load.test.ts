// Load: from a path to a Config, and what is said of a file that can't be read or is too much.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { loadConfigFile, parseConfig, reloadConfigFile } from '../../src/config/load.js';
import { ConfigInvalidError } from '../../src/config/problems.js';
import { temporaryFolder } from '../helpers/temporary.js';

const least = 'routes: [{ name: a, listen: "127.0.0.1:1", upstream: "b:2" }]\n';

test('a file is read, and what it leaves out has its default', async (t) => {
  t.deepEqual(await loadConfigFile(fileWith(t, least)), {
    log: { level: 'info', sessions: 'all' },
    workers: 'auto',
    engine: 'auto',
    drainTimeout: 30_000,
    routes: [
      {
        name: 'a',
        listen: [{ host: '127.0.0.1', port: 1 }],
        endpoints: [{ host: 'b', port: 2 }],
        client: { idle: 60, interval: 10, count: 3, userTimeout: 90_000 },
        upstream: { idle: 60, interval: 10, count: 3, userTimeout: 90_000 },
        intents: { client: {}, upstream: {} },
        connectTimeout: 5000,
        halfCloseTimeout: 3_600_000,
        noDelay: true,
        onDeath: 'reset',
        backlog: 4096,
      },
    ],
  });
});

test('the policies of a route replace those of the defaults', (t) => {
  const defaults =
    'defaults: { connectTimeout: 1s, halfCloseTimeout: 2s, noDelay: false, onDeath: close, backlog: 7 }\n';
  const [inherits] = parseConfig(defaults + least, 'f').routes;
  t.like(inherits, {
    connectTimeout: 1000,
    halfCloseTimeout: 2000,
    noDelay: false,
    onDeath: 'close',
    backlog: 7,
  });
  const own =
    'connectTimeout: 3s, halfCloseTimeout: 4s, noDelay: true, onDeath: reset, backlog: 9 }]';
  const [route] = parseConfig(defaults + least.replace('}]', `, ${own}`), 'f').routes;
  t.like(route, {
    connectTimeout: 3000,
    halfCloseTimeout: 4000,
    noDelay: true,
    onDeath: 'reset',
    backlog: 9,
  });
});

test('lines may end the way Windows ends them, after a byte order mark', async (t) => {
  const text = `\uFEFF${least}workers: 0\n`.replaceAll('\n', '\r\n');
  const path = fileWith(t, text);
  await t.throwsAsync(loadConfigFile(path), { message: new RegExp(`^${path}:2:1: workers: `) });
});

test('problems are a list too, in the order of the file', (t) => {
  const error = t.throws(() => parseConfig('workers: 0\nroutes: []', 'f.yaml'), {
    instanceOf: ConfigInvalidError,
  });
  t.deepEqual(error?.problems, [
    {
      file: 'f.yaml',
      line: 1,
      column: 1,
      path: 'workers',
      message: 'expected a whole number from 1 to 64, got 0',
    },
    {
      file: 'f.yaml',
      line: 2,
      column: 1,
      path: 'routes',
      message: 'expected a list with at least one route, got an empty list',
    },
  ]);
});

test('of very many problems the first hundred are told and the others counted', (t) => {
  const keys = Array.from({ length: 250 }, (_, index) => `k${index}: 1\n`).join('');
  const error = t.throws(() => parseConfig(keys + least, 'f'), { instanceOf: ConfigInvalidError });
  const lines = error?.message.split('\n') ?? [];
  t.is(error?.problems.length, 250);
  t.is(lines.length, 101);
  t.is(lines.at(-1), '… and 150 more problems');
});

test('a file that is not there is a WL_CONFIG_READ that says so', async (t) => {
  await t.throwsAsync(loadConfigFile('no/such/file.yaml'), {
    code: 'WL_CONFIG_READ',
    message:
      'no/such/file.yaml: expected a configuration file, got nothing (there is no such file)',
  });
});

test('a directory is a WL_CONFIG_READ that says so', async (t) => {
  const folder = temporaryFolder(t);
  await t.throwsAsync(loadConfigFile(folder), {
    code: 'WL_CONFIG_READ',
    message: `${folder}: expected a configuration file, got a directory`,
  });
});

test.serial('a file that one may not read is a WL_CONFIG_READ that says so', async (t) => {
  const path = fileWith(t, least, 0o000);
  const error = await asNobody(() =>
    t.throwsAsync(loadConfigFile(path), { code: 'WL_CONFIG_READ' }),
  );
  t.is(error?.message, `${path}: expected a readable file, got no permission to read it`);
});

test('what is wrong without a word of its own keeps the words of the system', async (t) => {
  const path = join(fileWith(t, least), 'below-a-file');
  const error = await t.throwsAsync(loadConfigFile(path), { code: 'WL_CONFIG_READ' });
  t.regex(error?.message ?? '', /ENOTDIR/);
  t.like(error?.cause, { code: 'ENOTDIR' });
});

test('a file of more than 1 MiB is refused after its first MiB', async (t) => {
  const message = 'expected at most 1 MiB, got more';
  const path = fileWith(t, '#'.repeat(1_048_577));
  await t.throwsAsync(loadConfigFile(path), { message: `${path}:1:1: ${message}` });
  await t.throwsAsync(loadConfigFile('/dev/zero'), { message: `/dev/zero:1:1: ${message}` });
});

test('a file of exactly 1 MiB is read', async (t) => {
  const path = fileWith(t, least.padEnd(1_048_576, '#'));
  t.is((await loadConfigFile(path)).routes.length, 1);
});

test('what is no regular file is not read a second time', async (t) => {
  await t.throwsAsync(reloadConfigFile('/dev/null'), {
    code: 'WL_CONFIG_READ',
    message: /expected a regular file to read again/,
  });
});

test('a file that is no UTF-8 is refused', async (t) => {
  const path = fileWith(t, Buffer.from(`\uFEFF${least}`, 'utf16le'));
  await t.throwsAsync(loadConfigFile(path), {
    code: 'WL_CONFIG_INVALID',
    message: `${path}:1:1: expected UTF-8 text, got something else`,
  });
});

function fileWith(t: ExecutionContext, content: string | Buffer, mode = 0o644): string {
  const path = join(temporaryFolder(t), 'warmline.yaml');
  writeFileSync(path, content, { mode });
  return path;
}

/** Root may read everything, so it steps aside for a moment. */
async function asNobody<T>(act: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return await act();
  process.seteuid?.(65_534);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}
