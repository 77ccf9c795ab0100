// Plan: what a change comes to before anything is done: from which values to which, and what becomes of the own file.
// What would not last is refused here. Reads; never writes.
import { WarmlineError } from '../../errors.js';
import { type PlannedFile, readBootFiles } from './boot_files.js';
import { formatOwnFile, type OwnFile, ownPath, readOwnFile } from './own_file.js';
import { type AtBoot, atBoot, type Override, overridesOf } from './precedence.js';
import {
  type Roots,
  readValues,
  type SettingName,
  settingNames,
  settings,
  type Values,
} from './settings.js';

/** Where a new value comes from. */
export type Source =
  /** The command line. */
  | 'asked'
  /** Another file gives it at boot. */
  | 'bootFile'
  /** The own file says that it held before. */
  | 'before'
  /** A kernel starts with it. */
  | 'kernel'
  /** Somebody has changed it since warmline did; it stays. */
  | 'leftAlone';

export interface Change {
  readonly name: SettingName;
  readonly from: number;
  readonly to: number;
  readonly source: Source;
}

export interface Plan {
  readonly from: Values;
  readonly to: Values;
  /** The settings that were asked for, also where `to` is what holds already. */
  readonly changes: readonly Change[];
  /** What becomes of the own file; null: it stays as it is. */
  readonly file: PlannedFile | null;
  /** What a boot gives after the plan was carried out. */
  readonly atBoot: AtBoot;
  /** Files that are read at boot and could not be read now. */
  readonly unreadable: readonly string[];
}

export interface Wish {
  readonly values: Partial<Values>;
  /** Also at every boot. */
  readonly persist: boolean;
}

/** Plans new values. WL_SYSCTL when they should last and would not, or the own file is somebody else's. */
export function planSetting({ values, persist }: Wish, roots: Roots): Plan {
  const from = readValues(roots.procSys);
  const changes = settingNames.flatMap((name): Change[] => {
    const to = values[name];
    return to === undefined ? [] : [{ name, from: from[name], to, source: 'asked' }];
  });
  const file = persist ? { path: ownPath, content: ownText(changes, roots.files) } : null;
  return finish(from, changes, file, roots);
}

/** What the file has already stays in it; what held before its first word on a setting is kept. */
function ownText(changes: readonly Change[], root: string): string {
  const { values, before } = readOwnFile(root) ?? nothing;
  const firsts = changes.filter(({ name, from, to }) => values[name] === undefined && from !== to);
  return formatOwnFile({
    values: { ...values, ...valuesOf(changes, ({ to }) => to) },
    before: { ...before, ...valuesOf(firsts, ({ from }) => from) },
  });
}

const nothing: OwnFile = { values: {}, before: {} };

/** Plans to undo what the own file says; without one there is nothing to do. WL_SYSCTL when it is somebody else's. */
export function planRemoval(roots: Roots): Plan {
  const own = readOwnFile(roots.files);
  const from = readValues(roots.procSys);
  if (own === undefined) return finish(from, [], null, roots);
  const file = { path: ownPath, content: null };
  const { assignments } = readBootFiles(roots.files, file);
  const others = atBoot(assignments);
  const changes = settingNames.flatMap((name): Change[] => {
    if (own.values[name] === undefined) return [];
    return [{ name, from: from[name], ...restored(name, { own, from, others }) }];
  });
  return finish(from, changes, file, roots);
}

interface Known {
  readonly own: OwnFile;
  readonly from: Values;
  readonly others: AtBoot;
}

/** As if warmline had never been here: what a boot gives, else what was there, else what a kernel starts with. */
function restored(name: SettingName, { own, from, others }: Known): Pick<Change, 'to' | 'source'> {
  if (from[name] !== own.values[name]) return { to: from[name], source: 'leftAlone' };
  const other = others[name];
  if (other !== null) return { to: other.value, source: 'bootFile' };
  const before = own.before[name];
  if (before !== undefined) return { to: before, source: 'before' };
  return { to: settings[name].initial, source: 'kernel' };
}

function finish(
  from: Values,
  changes: readonly Change[],
  file: PlannedFile | null,
  roots: Roots,
): Plan {
  const { assignments, unreadable } = readBootFiles(roots.files, file ?? undefined);
  const overrides = file === null ? [] : overridesOf(file.path, assignments);
  if (overrides.length > 0) throw wouldNotLast(overrides, changes);
  const to = { ...from, ...valuesOf(changes, (change) => change.to) };
  return { from, to, changes, file, atBoot: atBoot(assignments), unreadable };
}

function valuesOf(changes: readonly Change[], pick: (change: Change) => number): Partial<Values> {
  return Object.fromEntries(changes.map((change) => [change.name, pick(change)]));
}

function wouldNotLast(overrides: readonly Override[], changes: readonly Change[]): WarmlineError {
  const lines = overrides.map(({ name, file, line, value }) => {
    const { key } = settings[name];
    const wanted = changes.find((change) => change.name === name)?.to;
    const says = value === null ? `keeps ${key} from being set` : `sets ${key} to ${value}`;
    const mend = `delete that line${wanted === undefined ? '' : `, or make it "${key} = ${wanted}"`}`;
    return `${file}:${line}: ${says}, after ${ownPath} has been read; ${mend}; nothing was changed`;
  });
  return new WarmlineError('WL_SYSCTL', lines.join('\n'));
}
