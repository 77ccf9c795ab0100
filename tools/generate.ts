// Generate: writes the files that are made from the schema: config/schema.json and the tables of docs/config.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fillConfigPage } from './config_page.js';
import { describedSchema, editorSchema } from './json_schema.js';

const page = 'docs/config.md';

writeFileSync('config/schema.json', JSON.stringify(editorSchema()));
writeFileSync(page, fillConfigPage(readFileSync(page, 'utf8'), describedSchema()));
