// The preload library as a file: small, plain C, for every glibc that Node runs on.
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { inspectElf } from '../../src/toolkit/elf.js';
import { findLibrary } from '../../src/toolkit/preload/library.js';
import { preloadPresets } from '../../tools/preload_presets.js';
import { readText } from '../helpers/repository.js';
import { command, requires } from '../helpers/requires.js';

const test = requires(command('objdump', 'binutils'));

const libraryPath = findLibrary();

test('it is smaller than 20 kB', (t) => {
  t.true(statSync(libraryPath).size < 20_000, `it has ${statSync(libraryPath).size} bytes`);
});

test('it needs libc and nothing else', (t) => {
  t.deepEqual(inspectElf(libraryPath).needed, ['libc.so.6']);
});

test('it exports four functions and its version', (t) => {
  const exported = symbols()
    .filter((line) => !line.includes('*UND*'))
    .map((line) => line.split(' ').at(-1));
  t.deepEqual(exported.sort(), [
    'accept',
    'accept4',
    'connect',
    'socket',
    'warmline_preload_version',
  ]);
});

test('its version is that of the package', (t) => {
  const { version } = JSON.parse(readText('package.json')) as { version: string };
  t.true(readFileSync(libraryPath).includes(`\0${version}\0`));
});

test('no symbol asks for a glibc that is newer than 2.28, with which Node starts', (t) => {
  const versions = symbols().flatMap((line) => line.match(/\(GLIBC_2\.(\d+)/)?.[1] ?? []);
  t.true(versions.length >= 10, `found ${versions.length} versions`);
  t.deepEqual(
    versions.filter((minor) => Number(minor) > 28),
    [],
  );
});

test('native/preload/presets.c is what the presets give', (t) => {
  const words = (text: string) => text.split(/\s+/);
  const stale = 'run: npm run generate';
  t.deepEqual(words(readText('native/preload/presets.c')), words(preloadPresets()), stale);
});

function symbols(): string[] {
  const table = execFileSync('objdump', ['-T', libraryPath], { encoding: 'utf8' });
  return table.split('\n').filter((line) => /^[0-9a-f]{8}/.test(line));
}

test('a path that LD_PRELOAD can’t hold is refused', (t) => {
  for (const path of ['/my apps/lib.so', '/a:b/lib.so', '/$ORIGIN/lib.so']) {
    const error = t.throws(() => findLibrary([path]), { code: 'WL_PRELOAD' });
    t.true(error?.message.startsWith(`${path}: expected a path without blanks`));
  }
  t.throws(() => findLibrary([]), { code: 'WL_NATIVE_MISSING' });
});
