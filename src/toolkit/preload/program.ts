// Program: which file a command runs, as execvp(3) looks for it.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A command as the PATH has it: a file, or why there is none. */
export type Found =
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'notExecutable'; readonly path: string };

/** Looks for a command; a name with a slash is a path. */
export function findProgram(name: string, searchPath: string): Found {
  const places = name.includes('/')
    ? [name]
    : searchPath.split(delimiter).map((folder) => join(folder === '' ? '.' : folder, name));
  const files = places.filter(isFile);
  const path = files.find(isExecutable);
  if (path !== undefined) return { kind: 'found', path };
  const [denied] = files;
  return denied === undefined ? { kind: 'missing' } : { kind: 'notExecutable', path: denied };
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
