// System: the programs of the machine, found as an administrator finds them.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

// npm puts node_modules/.bin first on the PATH, and `nft` there is something else.
const systemFolders = [
  ...(process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => !folder.includes('node_modules')),
  '/usr/sbin',
  '/sbin',
];

/** The environment for warmline itself, where a sanitizer may be preloaded. */
export const testEnv: NodeJS.ProcessEnv = { ...process.env, PATH: systemFolders.join(delimiter) };

/** The environment for the programs of others. */
export const systemEnv: NodeJS.ProcessEnv = { ...testEnv, LD_PRELOAD: undefined };

/** The path of a program, or undefined. The folders are searched first. */
export function findCommand(name: string, ...folders: string[]): string | undefined {
  return [...folders, ...systemFolders].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
