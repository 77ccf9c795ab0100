// Native: the addon, loaded when it is first asked for, so that an import alone needs no native build.
import { loadAddon, type NativeAddon } from '../engine/addon.js';

let addon: NativeAddon | undefined;

/** The addon, one for each JavaScript thread; WL_NATIVE_MISSING when it is not built. */
export function native(): NativeAddon {
  addon ??= loadAddon();
  return addon;
}
