// Preload presets: native/preload/presets.c, made from the presets: what is derived of each where nothing else is asked for.
import { deriveKeepalive } from '../src/keepalive/intent.js';
import { type PresetName, presetNames, presets } from '../src/keepalive/presets.js';

/** The whole file. */
export function preloadPresets(): string {
  return `// Made by \`npm run generate\`.
#include "preload/presets.h"

const struct Preset kPresets[] = {
${presetNames.map(row).join('\n')}
};

const size_t kPresetCount = sizeof kPresets / sizeof *kPresets;
`;
}

/** The user timeout is left out: it is set only where it is asked for (docs/toolkit/preload.md). */
function row(preset: PresetName): string {
  const intent = { preset, natTimeout: presets[preset].limit };
  const derived = deriveKeepalive({ explicit: {}, intent });
  if (!derived.ok) throw new Error(`nothing can be derived of ${preset} alone`);
  const { idle, interval, count } = derived.keepalive;
  return `    {"${preset}", ${idle}, ${interval}, ${count}},`;
}
