// Addon: finds the native engine that the build left behind and loads it. Never calls it; engine.ts does.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { WarmlineError } from '../errors.js';
import type { Addon } from './contract.js';
import type { SocketCalls } from './socket_calls.js';

// Compiled, this file is dist/src/engine/addon.js.
const packageRoot = fileURLToPath(new URL('../../..', import.meta.url));

/** Everything that the addon exports. */
export interface NativeAddon extends Addon, SocketCalls {}

/** Where the native build leaves the engine. */
export const addonPath = `${packageRoot}build/Release/warmline.node`;

/** Loads the native engine; WL_NATIVE_MISSING when it is not built, or built for another Node or machine. */
export function loadAddon(path = addonPath): NativeAddon {
  if (!existsSync(path)) throw missing(`the native engine is not built: there is no ${path}`);
  try {
    return createRequire(import.meta.url)(path) as NativeAddon;
  } catch (cause) {
    const [firstLine] = (cause as Error).message.split('\n');
    throw missing(
      `the native engine does not load in Node ${process.version}: ${firstLine}`,
      cause,
    );
  }
}

function missing(what: string, cause?: unknown): WarmlineError {
  return new WarmlineError(
    'WL_NATIVE_MISSING',
    `${what}; build it with: npm run build:native --prefix ${packageRoot}`,
    {
      cause,
    },
  );
}
