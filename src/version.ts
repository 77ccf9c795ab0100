// Version: which warmline this is.
import { readFileSync } from 'node:fs';

// Compiled, this file is dist/src/version.js.
const manifest = new URL('../../package.json', import.meta.url);

/** The version in package.json. */
export const version: string = JSON.parse(readFileSync(manifest, 'utf8')).version;
