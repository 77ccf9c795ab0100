// Addon: finds the native engine that the build left behind and loads it. Never calls it; engine.ts does.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { WarmlineError } from '../errors.js';
import type { Addon } from './contract.js';
import type { KernelCalls } from './kernel_calls.js';
import type { SocketDiagnosis } from './sock_diag.js';
import type { SocketCalls } from './socket_calls.js';

// Compiled, this file is dist/src/engine/addon.js.
const packageRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** Everything that the addon exports. */
export interface NativeAddon extends Addon, SocketCalls, SocketDiagnosis, KernelCalls {}

/**
 * Where files of the native part are looked for, in this order: what was built here, then what the package carries. What
 * was linked with the other libc does not load. native/install.js looks in the same places.
 */
const nativeFolders = [
  'build/Release',
  `prebuilds/linux-${process.arch}-glibc`,
  `prebuilds/linux-${process.arch}-musl`,
];

/** Where a file of the native part stands, in the order in which it is looked for; empty where it is not built. */
export function findNative(name: string, root = packageRoot): string[] {
  return nativeFolders.map((folder) => `${root}${folder}/${name}`).filter(existsSync);
}

/** Loads the native engine; WL_NATIVE_MISSING when it is not built, or built for another Node or machine. */
export function loadAddon(root = packageRoot): NativeAddon {
  const failures: Error[] = [];
  for (const path of findNative('warmline.node', root)) {
    try {
      return createRequire(import.meta.url)(path) as NativeAddon;
    } catch (error) {
      failures.push(error as Error);
    }
  }
  throw missing(root, failures);
}

function missing(root: string, [cause]: readonly Error[]): WarmlineError {
  const [firstLine] = cause?.message.split('\n') ?? [];
  const what =
    cause === undefined
      ? `the native engine is not built: there is no ${root}${nativeFolders[0]}/warmline.node`
      : `the native engine does not load in Node ${process.version}: ${firstLine}`;
  return new WarmlineError(
    'WL_NATIVE_MISSING',
    `${what}; build it with: npm run build:native --prefix ${root}`,
    { cause },
  );
}
