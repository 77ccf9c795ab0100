// Boot files: which files `sysctl --system` reads, in its order, and the assignments that stand in them (sysctl.d(5),
// procps 4). Reads whatever is there; what can't be read is listed, as sysctl(8) goes on without it too.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { codeOf } from './refusal.js';

/** A line that says something of a setting, or of many by a pattern. */
export interface Assignment {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Below /proc/sys: `net/ipv4/tcp_keepalive_time`. May have `*`, `?` and `[…]`. */
  readonly path: string;
  /** null: `-key`, which keeps patterns from it. */
  readonly value: string | null;
}

export interface BootFiles {
  /** In the order in which they take effect. */
  readonly assignments: readonly Assignment[];
  /** Files, and folders of which not even the names can be had. */
  readonly unreadable: readonly string[];
}

/** A file as it will be; null: it will be gone. */
export interface PlannedFile {
  readonly path: string;
  readonly content: string | null;
}

/** A file of this name in an earlier folder takes the place of those in later ones. */
const folders = [
  '/etc/sysctl.d',
  '/run/sysctl.d',
  '/usr/local/lib/sysctl.d',
  '/usr/lib/sysctl.d',
  '/lib/sysctl.d',
];

/** Read after all folders. */
const lastFile = '/etc/sysctl.conf';

/** Reads them below `root`, and `planned` as if it were there already; paths are told without the root. */
export function readBootFiles(root: string, planned?: PlannedFile): BootFiles {
  const assignments: Assignment[] = [];
  const unreadable = folders.filter((folder) => confFiles(join(root, folder)) === undefined);
  for (const file of bootFiles(root, planned)) {
    const text = file === planned?.path ? (planned.content ?? '') : readIfThere(join(root, file));
    if (text === undefined) unreadable.push(file);
    else assignments.push(...parseBootFile(file, text));
  }
  return { assignments, unreadable };
}

/** The files in the order in which they are read. */
function bootFiles(root: string, planned: PlannedFile | undefined): string[] {
  const byName = new Map<string, string>();
  for (const file of folders.flatMap((folder) => filesIn(root, folder, planned))) {
    const name = basename(file);
    if (!byName.has(name)) byName.set(name, file);
  }
  // Bytes are compared, not letters of a language.
  const inOrder = [...byName].sort(([one], [other]) => (one < other ? -1 : 1));
  return [...inOrder.map(([, file]) => file), lastFile];
}

function filesIn(root: string, folder: string, planned: PlannedFile | undefined): string[] {
  const there = (confFiles(join(root, folder)) ?? []).map((name) => `${folder}/${name}`);
  if (planned === undefined || dirname(planned.path) !== folder) return there;
  const others = there.filter((file) => file !== planned.path);
  return planned.content === null ? others : [...others, planned.path];
}

/** None in what is not there; undefined: it can't be read. */
function confFiles(folder: string): string[] | undefined {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.conf'));
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '') ? [] : undefined;
  }
}

/** What is not there, and a folder that is named like a file, say nothing; undefined: it can't be read. */
function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return ['ENOENT', 'EISDIR'].includes(codeOf(error) ?? '') ? '' : undefined;
  }
}

/** The assignments of a text. A line that is none is skipped, as sysctl(8) does. */
export function parseBootFile(file: string, text: string): Assignment[] {
  return text.split('\n').flatMap((content, index) => {
    const parsed = parseLine(content.trim());
    return parsed === undefined ? [] : [{ file, line: index + 1, ...parsed }];
  });
}

function parseLine(content: string): Pick<Assignment, 'path' | 'value'> | undefined {
  if (content === '' || /^[#;]/.test(content)) return undefined;
  const equals = content.indexOf('=');
  const isExclusion = equals === -1;
  if (isExclusion && !content.startsWith('-')) return undefined;
  const key = (isExclusion ? content : content.slice(0, equals)).replace(/^-/, '').trim();
  return { path: toPath(key), value: isExclusion ? null : content.slice(equals + 1).trim() };
}

/** Where the first separator is a dot, dots and slashes change places: `net.ipv4.conf.eth0/1.mtu` has a dot in a name. */
function toPath(key: string): string {
  const swapped = /^[^/]*\./.test(key)
    ? key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
    : key;
  return swapped.replace(/\/+/g, '/').replace(/^\//, '');
}
