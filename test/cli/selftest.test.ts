// `warmline selftest`: what it prints, for people and for programs, and its exit code.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { mainPath, runCli } from '../helpers/cli.js';
import { keysOfValue } from '../helpers/json_schema.js';
import { readTable, readText } from '../helpers/repository.js';
import { command, networkNamespaces, requires, root } from '../helpers/requires.js';
import { test } from '../helpers/steady.js';
import { testEnv } from '../helpers/system.js';

const keys = readTable(readText('docs/toolkit/selftest.md'), 'key')
  .flatMap(([names = []]) => names)
  .sort();

test('a quick one prints a socket and a line for each thing that the kernel can do', async (t) => {
  const { code, stdout, stderr } = await runCli(['selftest', '--quick']);
  t.deepEqual([code, stderr], [0, '']);
  t.regex(stdout, /^warmline \d\S*, Node v\d\S*, Linux \d\S*$/m);
  t.regex(stdout, /^before +off +\d+s +\d+s +\d+ +off$/m);
  t.regex(stdout, /^after +on +60s +10s +3 +90s$/m);
  t.regex(stdout, /^TCP_INFO +ok +\d+ bytes +every field /m);
  t.regex(stdout, /^splice +ok +tried +bulk data is relayed without being copied$/m);
  t.false(stdout.includes('namespaces'));
});

test('where io_uring is forbidden that is told, and is no failure', async (t) => {
  const through = ['python3', 'test/helpers/without_io_uring.py'];
  const { code, stdout } = await runCli(['selftest', '--quick'], { through });
  t.is(code, 0);
  t.regex(stdout, /^io_uring +missing +EPERM +small messages are moved by a system call each/m);
});

test('the document has the keys that the page lists', async (t) => {
  const { code, stdout } = await runCli(['selftest', '--quick', '--json']);
  t.is(code, 0);
  const document = JSON.parse(stdout);
  t.true(document.ok);
  t.deepEqual(
    [...new Set(keysOfValue(document))].sort(),
    keys.filter((key) => !key.startsWith('demonstrations[]')),
  );
});

requires(root, networkNamespaces)(
  'where the machine can not reach itself that is told, and it ends',
  async (t) => {
    const { code, stdout, stderr } = await runCli(['selftest'], { through: ['unshare', '--net'] });
    t.deepEqual([code, stdout], [1, '']);
    t.regex(stderr, /^warmline: 127\.0\.0\.1: expected .*, got ENETUNREACH; .* \[WL_ENGINE\]\n$/);
  },
);

requires(root, command('setpriv', 'util-linux'))(
  'a user without privileges sees the demonstrations, or what would allow them',
  async (t) => {
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const words = [process.execPath, mainPath, 'selftest', '--json'];
    const options = { env: testEnv, timeout: 60_000 };
    const { stdout } = await promisify(execFile)('setpriv', [...user, ...words], options);
    const document = JSON.parse(stdout);
    t.deepEqual([...new Set(keysOfValue(document))].sort(), keys);
    t.is(document.demonstrations.length, 3);
    for (const { outcome, reason } of document.demonstrations) {
      t.not(outcome, 'contradicted');
      t.is(typeof reason, outcome === 'skipped' ? 'string' : 'object');
    }
  },
);
