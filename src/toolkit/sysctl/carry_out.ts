// Carry out: does what a plan says, all of it or nothing: what fails halfway is undone, and that is told.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { WarmlineError } from '../../errors.js';
import type { PlannedFile } from './boot_files.js';
import { type PreparedFile, prepareOwnFile, prepareRemoval } from './own_file.js';
import type { Change, Plan } from './plan.js';
import { settingRefused } from './refusal.js';
import { type Roots, type SettingName, settings } from './settings.js';

/** Writes the values, reads them back, and puts the file in its place. Throws WL_PRIVILEGE or WL_SYSCTL. */
export function carryOut({ changes, file }: Pick<Plan, 'changes' | 'file'>, roots: Roots): void {
  const prepared = prepare(file, roots.files);
  const done: Change[] = [];
  try {
    for (const change of changes.filter(({ from, to }) => from !== to)) {
      writeSetting(change.name, change.to, roots.procSys);
      done.push(change);
      verify(change, roots.procSys);
    }
    prepared.commit();
  } catch (error) {
    prepared.abandon();
    throw withWords(error, undo(done, roots.procSys));
  }
}

function prepare(file: PlannedFile | null, root: string): PreparedFile {
  if (file === null) return { commit: () => {}, abandon: () => {} };
  return file.content === null ? prepareRemoval(root) : prepareOwnFile(root, file.content);
}

function writeSetting(name: SettingName, value: number, procSys: string): void {
  const path = join(procSys, settings[name].path);
  try {
    // Never creates one.
    writeFileSync(path, `${value}\n`, { flag: 'r+' });
  } catch (error) {
    throw settingRefused('write', path, error);
  }
}

function verify({ name, to }: Change, procSys: string): void {
  const path = join(procSys, settings[name].path);
  const held = readFileSync(path, 'utf8').trim();
  if (held === String(to)) return;
  throw new WarmlineError('WL_SYSCTL', `${path}: wrote ${to}, and reading it back gives "${held}"`);
}

/** The last first; what can't be undone is told like what could. */
function undo(done: readonly Change[], procSys: string): string[] {
  return [...done].reverse().map(({ name, from, to }) => {
    const { key } = settings[name];
    try {
      writeSetting(name, from, procSys);
      return `${key} is ${from} again`;
    } catch {
      return `${key} could not be put back to ${from} and may be ${to}`;
    }
  });
}

function withWords(error: unknown, words: readonly string[]): unknown {
  if (!(error instanceof WarmlineError)) return error;
  const outcome = words.length === 0 ? ['nothing was changed'] : words;
  return new WarmlineError(error.code, [error.message, ...outcome].join('; '), { cause: error });
}
