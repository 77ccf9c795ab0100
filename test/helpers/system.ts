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

/** The environment for programs of the system; a sanitizer is preloaded into what is under test only. */
export const systemEnv: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: systemFolders.join(delimiter),
  LD_PRELOAD: undefined,
};

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
