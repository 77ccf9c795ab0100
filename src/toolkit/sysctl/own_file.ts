// Own file: the one file that warmline writes for boot. It says who wrote it, how to undo it and what was there before.
// A file of this name that warmline did not write, or that somebody has added to, is not touched.
import {
  chmodSync,
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { WarmlineError } from '../../errors.js';
import { parseBootFile } from './boot_files.js';
import { codeOf, fileRefused } from './refusal.js';
import { type SettingName, settingNames, settings } from './settings.js';

/** 60 to 90 is for the machine's administrator, after what the distribution ships (sysctl.d(5)). */
export const ownPath = '/etc/sysctl.d/90-warmline-keepalive.conf';

type SomeValues = Partial<Readonly<Record<SettingName, number>>>;

/** What stands in it. */
export interface OwnFile {
  readonly values: SomeValues;
  /** What held before warmline changed it; what held already is left out. */
  readonly before: SomeValues;
}

const firstLine =
  '# Written by "warmline sysctl set --persist". Undo it with: warmline sysctl set --remove';
const beforeMark = '# before: ';

/** The text of the file. */
export function formatOwnFile({ values, before }: OwnFile): string {
  const lines = [firstLine, ...assignments(before, beforeMark), ...assignments(values, '')];
  return `${lines.join('\n')}\n`;
}

function assignments(values: SomeValues, mark: string): string[] {
  return settingNames.flatMap((name) => {
    const value = values[name];
    return value === undefined ? [] : [`${mark}${settings[name].key} = ${value}`];
  });
}

/** Reads it; undefined when there is none, WL_SYSCTL when it is not warmline's. */
export function readOwnFile(root: string): OwnFile | undefined {
  const path = join(root, ownPath);
  try {
    if (lstatSync(path).isSymbolicLink()) throw notOurs('it is a symbolic link');
    return parseOwnFile(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof WarmlineError) throw error;
    if (codeOf(error) === 'ENOENT') return undefined;
    throw fileRefused('read', ownPath, error);
  }
}

function parseOwnFile(text: string): OwnFile {
  const lines = text.trimEnd().split('\n');
  if (lines[0] !== firstLine) throw notOurs('it does not begin with the line that warmline writes');
  const before = lines.filter((line) => line.startsWith(beforeMark));
  const rest = lines.slice(1).filter((line) => !line.startsWith(beforeMark));
  const stranger = rest.find((line) => settingOn(line) === undefined);
  if (stranger !== undefined) throw notOurs(`somebody has added "${stranger}"`);
  return {
    values: valuesOf(rest),
    before: valuesOf(before.map((line) => line.slice(beforeMark.length))),
  };
}

function notOurs(why: string): WarmlineError {
  const mend = 'look at it, and move it away or delete it yourself';
  return new WarmlineError(
    'WL_SYSCTL',
    `${ownPath}: expected a file of warmline, but ${why}; ${mend}`,
  );
}

function valuesOf(lines: readonly string[]): SomeValues {
  return Object.fromEntries(lines.map(settingOn).filter((setting) => setting !== undefined));
}

function settingOn(line: string): readonly [SettingName, number] | undefined {
  const [assignment] = parseBootFile(ownPath, line);
  const name = settingNames.find((each) => settings[each].path === assignment?.path);
  const value = Number.parseInt(assignment?.value ?? '', 10);
  return name === undefined || Number.isNaN(value) ? undefined : [name, value];
}

/** A change of the file that is ready: everything that can fail for want of rights or space has been done. */
export interface PreparedFile {
  /** Makes it so, at once. */
  commit(): void;
  /** Leaves no trace. */
  abandon(): void;
}

/** Writes the text beside its place; `commit` renames it into it. */
export function prepareOwnFile(root: string, text: string): PreparedFile {
  const path = join(root, ownPath);
  // Not ending in .conf, so nobody reads it.
  const temporary = `${path}.${process.pid}`;
  const abandon = () => rmSync(temporary, { force: true });
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeDurably(temporary, text);
  } catch (error) {
    abandon();
    throw fileRefused('write', ownPath, error);
  }
  return { commit: () => attempt('write', () => renameSync(temporary, path)), abandon };
}

function writeDurably(path: string, text: string): void {
  const fd = openSync(path, 'w', 0o644);
  try {
    writeFileSync(fd, text);
    // Whatever the umask was: what is set at boot is no secret.
    chmodSync(path, 0o644);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** `commit` deletes it. */
export function prepareRemoval(root: string): PreparedFile {
  return { commit: () => attempt('remove', () => rmSync(join(root, ownPath))), abandon: () => {} };
}

function attempt(verb: 'write' | 'remove', action: () => void): void {
  try {
    action();
  } catch (error) {
    throw fileRefused(verb, ownPath, error);
  }
}
