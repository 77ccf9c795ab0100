// Generate: writes what is made from the source: config/schema.json, the tables of docs/config.md and that of the presets.
import { readFileSync, writeFileSync } from 'node:fs';
import { fillConfigPage } from './config_page.js';
import { describedSchema, editorSchema } from './json_schema.js';
import { fillKeepalivePage } from './keepalive_page.js';

writeFileSync('config/schema.json', JSON.stringify(editorSchema()));
rewrite('docs/config.md', (page) => fillConfigPage(page, describedSchema()));
rewrite('docs/keepalive.md', fillKeepalivePage);

function rewrite(path: string, fill: (page: string) => string): void {
  writeFileSync(path, fill(readFileSync(path, 'utf8')));
}
