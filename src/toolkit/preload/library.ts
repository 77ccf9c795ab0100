// Library: the file that LD_PRELOAD names. One file does for every libc: it asks for nothing that only one of them has.
import { findNative } from '../../engine/addon.js';
import { WarmlineError } from '../../errors.js';

/** Where the native build left libwarmline_preload.so; WL_NATIVE_MISSING or WL_PRELOAD where it can't be used. */
export function findLibrary(found = findNative('libwarmline_preload.so')): string {
  const [path] = found;
  if (path === undefined) {
    throw new WarmlineError(
      'WL_NATIVE_MISSING',
      'the preload library is not built: there is no libwarmline_preload.so; build it with: npm run build:native',
    );
  }
  if (separators.test(path)) throw unusable(path);
  return path;
}

/** What ld.so(8) cuts LD_PRELOAD at, and what it replaces in it. */
const separators = /[\s:$]/;

function unusable(path: string): WarmlineError {
  return new WarmlineError(
    'WL_PRELOAD',
    `${path}: expected a path without blanks, ":" and "$", which LD_PRELOAD can't hold; install warmline in another folder, or ` +
      'copy the file to a place such as /usr/local/lib and set LD_PRELOAD to it yourself',
  );
}
