// Library: where the native build leaves the library that LD_PRELOAD names.
import { fileURLToPath } from 'node:url';

/** The path of libwarmline_preload.so; compiled, this file is dist/src/toolkit/preload/library.js. */
export const libraryPath = fileURLToPath(
  new URL('../../../../build/Release/libwarmline_preload.so', import.meta.url),
);
