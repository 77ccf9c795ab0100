// `warmline audit --source`: the command as a whole. What is found has tests of its own in test/toolkit/.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../helpers/cli.js';
import { projectRoot } from '../helpers/repository.js';
import { requires, root } from '../helpers/requires.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';

const folder = `${projectRoot}test/fixtures/source/across_files`;

test('findings are lines, followed by what to add and a count', async (t) => {
  const { code, stdout, stderr } = await runCli(['audit', '--source', folder]);
  t.is(stderr, '');
  t.is(code, 0);
  const lines = stdout.trimEnd().split('\n');
  t.regex(lines[0] ?? '', /^server\.c:13:12: accepted connection in on_readable\(\) with /);
  t.true(stdout.includes('static int keep_warm(int fd) {'));
  t.is(lines.at(-1), '5 sites in 3 files: 2 to mend, 1 unix, 2 judged where called');
});

test('--strict makes findings an exit code of 1', async (t) => {
  t.is((await runCli(['audit', '--source', folder, '--strict'])).code, 1);
  const clean = `${projectRoot}src`;
  t.is((await runCli(['audit', '--source', clean, '--strict'])).code, 0);
});

test('--json is one document, and a preset changes what to add', async (t) => {
  const words = ['audit', '--source', folder, '--json', '--preset', 'aws-nat-gateway'];
  const { stdout } = await runCli([...words, '--nat-timeout', '90s']);
  const { sites, keepalive, files } = JSON.parse(stdout);
  t.is(files, 3);
  t.is(sites.length, 5);
  t.true(Math.max(keepalive.idle, keepalive.interval) <= 30);
});

test('a folder that is not there, and options of connections, are a wrong command line', async (t) => {
  const absent = await runCli(['audit', '--source', '/nowhere']);
  t.is(absent.code, 2);
  t.regex(absent.stderr, /^warmline: \/nowhere: expected a folder .* \[WL_USAGE\]\n$/);
  const both = await runCli(['audit', '--source', folder, '--pid', '1']);
  t.is(both.code, 2);
  t.regex(both.stderr, /--source <dir>.*--pid <pid>.*\[WL_USAGE\]/);
});

requires(root)('a folder that may not be read is told', async (t) => {
  const nobody = 65_534;
  const folder = temporaryFolder(t, nobody);
  mkdirSync(join(folder, 'private'), { mode: 0o700 });
  writeFileSync(join(folder, 'a.c'), 'int main(void) { return 0; }\n');
  const through = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
  const { code, stdout } = await runCli(['audit', '--source', folder], { through });
  t.is(code, 0);
  t.deepEqual(stdout.trimEnd().split('\n'), [
    '0 sites in 1 file: 0 to mend',
    'too large or not readable: private',
  ]);
});
