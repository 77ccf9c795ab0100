// Loading the native engine when it is not there, or not for this Node.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { loadAddon } from '../../src/engine/addon.js';

test('a missing build says which file is missing and how to build it', (t) => {
  const error = t.throws(() => loadAddon('/nowhere/warmline.node'), { code: 'WL_NATIVE_MISSING' });
  t.regex(
    error.message,
    /^the native engine is not built: there is no \/nowhere\/warmline\.node; /,
  );
  t.regex(error.message, /build it with: npm run build:native --prefix \/.+$/);
});

test('a build that does not load says why and how to build it again', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'warmline-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'warmline.node');
  writeFileSync(path, 'not an object file');
  const error = t.throws(() => loadAddon(path), { code: 'WL_NATIVE_MISSING' });
  t.true(error.message.includes(`does not load in Node ${process.version}: `), error.message);
  t.false(error.message.includes('\n'));
  t.truthy(error.cause);
});
