// Fds: the file descriptors of this process, and that a test leaves none behind.
import { readdirSync, readlinkSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { until } from './waiting.js';

const guarded = new WeakSet<ExecutionContext>();

/**
 * Fails the test when the process has more descriptors after it than now. What a test opens registers its own teardown
 * later, so it is closed before this looks. Tests in one file that are guarded must run serially.
 */
export function guardFds(t: ExecutionContext): void {
  if (guarded.has(t)) return;
  guarded.add(t);
  const before = openFds().length;
  t.teardown(async () => {
    await until('return to the descriptors of before', () => openFds().length <= before).catch(
      () => {
        throw new Error(`descriptors before: ${before}, after: ${openFds().join(' ')}`);
      },
    );
  });
}

/** What each open descriptor leads to. */
export function openFds(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return []; // the one that read the folder
    }
  });
}
