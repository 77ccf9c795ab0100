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
  const isPath = name.includes('/');
  const places = isPath
    ? [name]
    : searchPath.split(delimiter).map((folder) => join(folder === '' ? '.' : folder, name));
  const kinds = places.map((place) => lookAt(place, isPath ? 'notExecutable' : 'missing'));
  const path = places[kinds.indexOf('found')];
  if (path !== undefined) return { kind: 'found', path };
  const denied = places[kinds.indexOf('notExecutable')];
  return denied === undefined ? { kind: 'missing' } : { kind: 'notExecutable', path: denied };
}

/** Of a file in a folder that may not be looked into nothing is known; then it is `hidden`. */
function lookAt(path: string, hidden: 'missing' | 'notExecutable'): Found['kind'] {
  try {
    if (!statSync(path).isFile()) return 'missing';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? hidden : 'missing';
  }
  return isExecutable(path) ? 'found' : 'notExecutable';
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
