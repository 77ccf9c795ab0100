// The package as strangers get it: packed, unpacked into a clean folder, its types compiled against in strict mode, and
// imported and required. Needs no network: what it depends on is linked from here, and so is the native build.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { projectRoot, readText } from '../helpers/repository.js';
import { test } from '../helpers/steady.js';
import { systemEnv, testEnv } from '../helpers/system.js';
import { temporaryFolder } from '../helpers/temporary.js';

const consumers = 'test/fixtures/library';

test('ES modules and CommonJS use the packed package, with types in strict mode and no warning', (t) => {
  const folder = installPacked(t);
  cpSync(projectRoot + consumers, folder, { recursive: true });
  const compiler = join(projectRoot, 'node_modules/typescript/bin/tsc');
  t.is(runOther(folder, process.execPath, compiler, '--project', folder), '');

  const esm = JSON.parse(run(folder, 'esm.mjs'));
  t.deepEqual(esm, {
    held: { enabled: true, idle: 39, interval: 7, count: 3, userTimeout: 60_000 },
    idle: 39,
    userTimeout: 60_000,
    state: 'established',
    code: 'WL_ARGUMENT',
    verdict: 'proven',
    routes: ['main'],
    reset: 0,
  });
  const commonJs = JSON.parse(run(folder, 'commonjs.cjs'));
  t.deepEqual(commonJs, { idle: 45, interval: 5, count: 4, isOne: true });
  run(folder, '--input-type=commonjs', '--eval', sameModule);
});

/** Required and imported, it is one module. */
const sameModule = `
  const { WarmlineError } = require('warmline');
  import('warmline').then((imported) => {
    if (imported.WarmlineError !== WarmlineError) throw new Error('there are two of it');
  });`;

/** A folder with the package in its node_modules as npm would put it there, but for the native build, which is ours. */
function installPacked(t: ExecutionContext): string {
  const folder = temporaryFolder(t);
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, '@types'), { recursive: true });
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const tarball = runOther(projectRoot, 'npm', ...pack);
  const place = '--transform=s,^package,node_modules/warmline,';
  runOther(folder, 'tar', '--extract', '--gzip', '--file', tarball, place);
  t.true(existsSync(join(modules, 'warmline/dist/src/index.d.ts')));
  symlinkSync(`${projectRoot}build`, join(modules, 'warmline/build'));
  const { dependencies } = JSON.parse(readText('package.json')) as { dependencies: object };
  for (const name of [...Object.keys(dependencies), '@types/node']) {
    symlinkSync(`${projectRoot}node_modules/${name}`, join(modules, name));
  }
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  return folder;
}

/** Runs Node in the folder and returns what it printed; a failure and anything on standard error fail. */
function run(folder: string, ...args: readonly string[]): string {
  const options = { cwd: folder, env: testEnv, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
  if (status !== 0 || stderr !== '') throw new Error(`${args.join(' ')}:\n${stdout}${stderr}`);
  return stdout.trim();
}

/** Runs a program of others and returns what it printed. */
function runOther(cwd: string, command: string, ...args: readonly string[]): string {
  return execFileSync(command, args, { cwd, env: systemEnv, encoding: 'utf8' }).trim();
}
