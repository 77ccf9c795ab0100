// Loading the native engine: where it is looked for, and what is said when it is not there or not for this Node.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { loadAddon } from '../../src/engine/addon.js';
import { projectRoot } from '../helpers/repository.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';

const prebuilt = `prebuilds/linux-${process.arch}-glibc/warmline.node`;

test('a missing build says which file is missing and how to build it', (t) => {
  const error = t.throws(() => loadAddon('/nowhere/'), { code: 'WL_NATIVE_MISSING' });
  t.is(
    error.message,
    'the native engine is not built: there is no /nowhere/build/Release/warmline.node; ' +
      'build it with: npm run build:native --prefix /nowhere/',
  );
});

test('a build that does not load says why and how to build it again', (t) => {
  const root = packageWith(t, { 'build/Release/warmline.node': 'garbage' });
  const error = t.throws(() => loadAddon(root), { code: 'WL_NATIVE_MISSING' });
  t.true(error.message.includes(`does not load in Node ${process.version}: `), error.message);
  t.false(error.message.includes('\n'));
  t.truthy(error.cause);
});

test('without a build, the binary that the package carries is taken', (t) => {
  const { closeReasons } = loadAddon(packageWith(t, { [prebuilt]: 'addon' }));
  t.true(closeReasons.includes('drained'));
});

test('a build that does not load gives way to the binary of the package', (t) => {
  const root = packageWith(t, { 'build/Release/warmline.node': 'garbage', [prebuilt]: 'addon' });
  t.notThrows(() => loadAddon(root));
});

/** A package's folder, with the path of each file and what it is; ends with a slash. */
function packageWith(
  t: ExecutionContext,
  files: Readonly<Record<string, 'addon' | 'garbage'>>,
): string {
  const root = temporaryFolder(t);
  for (const [path, what] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    if (what === 'addon') copyFileSync(join(projectRoot, 'build/Release/warmline.node'), file);
    else writeFileSync(file, 'not an object file');
  }
  return `${root}/`;
}
