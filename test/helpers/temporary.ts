// Temporary: a folder for the length of a test.
import { chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** An empty folder, removed with all that is in it when the test ends; it belongs to `uid` where one is given. */
export function temporaryFolder(t: ExecutionContext, uid?: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'warmline-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  if (uid !== undefined) chownSync(folder, uid, -1);
  return folder;
}
