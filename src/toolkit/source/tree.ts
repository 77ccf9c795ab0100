// Tree: the C and C++ files below a folder, read within bounds. Symbolic links are not followed, so the walk ends.
import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { WarmlineError } from '../../errors.js';
import type { Bytes } from '../../units.js';

export interface SourceTree {
  /** The text of each file by its path, relative to the folder; latin1, so that offsets are bytes. */
  readonly texts: ReadonlyMap<string, string>;
  readonly left: LeftOut;
}

/** What was not looked at. */
export interface LeftOut {
  /** Folders of tests and of other people's tools, relative to the folder. */
  readonly folders: readonly string[];
  /** Files that are too large or could not be read, and folders that could not. */
  readonly files: readonly string[];
  /** There was more than the bounds allow. */
  readonly more: boolean;
}

export interface Bounds {
  readonly files: number;
  readonly fileSize: Bytes;
  readonly total: Bytes;
}

const megabyte: Bytes = 1024 * 1024;

/** Ten times what PostgreSQL has. */
export const treeBounds: Bounds = { files: 30_000, fileSize: 2 * megabyte, total: 256 * megabyte };

const endings = /\.(c|cc|cpp|cxx|c\+\+|h|hh|hpp|hxx|inc|ipp|tcc)$/i;

/** Not the program: version control, packages of other languages, tests. */
const outside =
  /^(\.git|\.hg|\.svn|node_modules|tests?|testing|testsuite|unittests?|regress|fuzz|fuzzing|examples?)$/i;

/** Reads a tree, in the order of its paths. Throws WL_USAGE when the folder is none that can be read. */
export function readTree(folder: string, bounds: Bounds = treeBounds): SourceTree {
  const texts = new Map<string, string>();
  const folders: string[] = [];
  const files: string[] = [];
  let room = bounds.total;
  const waiting = [''];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    const below: string[] = [];
    const entries = list(folder, path);
    if (entries === undefined) files.push(path);
    for (const entry of entries ?? []) {
      const name = join(path, entry.name);
      if (entry.isDirectory()) (outside.test(entry.name) ? folders : below).push(name);
      if (!entry.isFile() || !endings.test(entry.name)) continue;
      if (texts.size >= bounds.files || room <= 0)
        return { texts, left: { folders, files, more: true } };
      const text = read(join(folder, name), bounds.fileSize);
      if (text === undefined) files.push(name);
      else texts.set(name, text);
      room -= text?.length ?? 0;
    }
    waiting.unshift(...below);
  }
  return { texts, left: { folders, files, more: false } };
}

/** The entries of a folder by name, undefined when it can't be read; those of the outermost must be there. */
function list(folder: string, path: string): Dirent[] | undefined {
  try {
    // No join() for the outermost: that makes the folder we are in of an empty name.
    const entries = readdirSync(path === '' ? folder : join(folder, path), { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    if (path !== '') return undefined;
    const { code } = error as NodeJS.ErrnoException;
    throw new WarmlineError(
      'WL_USAGE',
      `${folder || '""'}: expected a folder with C or C++ sources, got ${code}; name one that can be read`,
      { cause: error },
    );
  }
}

function read(path: string, limit: Bytes): string | undefined {
  try {
    return statSync(path).size > limit ? undefined : readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}
