// Generate: writes what is made from the source: config/schema.json, the tables of docs/config.md and that of the presets,
// and the presets as the preloaded library knows them.
import { readFileSync, writeFileSync } from 'node:fs';
import { fillConfigPage } from './config_page.js';
import { describedSchema, editorSchema } from './json_schema.js';
import { fillKeepalivePage } from './keepalive_page.js';
import { preloadPresets } from './preload_presets.js';

writeFileSync('config/schema.json', JSON.stringify(editorSchema()));
rewrite('docs/config.md', (page) => fillConfigPage(page, describedSchema()));
rewrite('docs/keepalive.md', fillKeepalivePage);
writeFileSync('native/preload/presets.c', preloadPresets());

function rewrite(path: string, fill: (page: string) => string): void {
  writeFileSync(path, fill(readFileSync(path, 'utf8')));
}
