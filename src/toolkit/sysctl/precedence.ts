// Precedence: which of the lines that are read at boot decides over a setting. Pure.
// The last line that names the setting wins. A pattern counts only where no line names it, whatever their order.
import type { Assignment } from './boot_files.js';
import { type SettingName, settingNames, settings } from './settings.js';

/** The value of a setting after boot, and the line that gives it. */
export interface Origin {
  readonly value: number;
  readonly file: string;
  readonly line: number;
}

/** What each setting gets; null: no file says, the kernel's own value stays. */
export type AtBoot = Readonly<Record<SettingName, Origin | null>>;

/** What `sysctl --system` would make of these lines. */
export function atBoot(assignments: readonly Assignment[]): AtBoot {
  const origin = (name: SettingName) => originOf(settings[name].path, assignments);
  return { time: origin('time'), interval: origin('interval'), probes: origin('probes') };
}

function originOf(path: string, assignments: readonly Assignment[]): Origin | null {
  const named = assignments.filter((assignment) => assignment.path === path);
  const deciding =
    named.length > 0 ? named : assignments.filter((assignment) => matches(assignment.path, path));
  return deciding.flatMap(toOrigin).at(-1) ?? null;
}

/** What is no number the kernel refuses, and the value before it stays. */
function toOrigin({ value, file, line }: Assignment): Origin[] {
  const number = toNumber(value ?? '');
  return number === undefined ? [] : [{ value: number, file, line }];
}

/** As C writes it: 600, 0x258 and 01130 are the same (proc_get_long() in kernel/sysctl.c). */
function toNumber(value: string): number | undefined {
  const pattern = /^(-?)(?:0x([0-9a-f]+)|(0[0-7]*)|([1-9][0-9]*))(?=[ \t]|$)/i;
  const [, sign, hexadecimal, octal, decimal] = pattern.exec(value) ?? [];
  if (sign === undefined) return undefined;
  const base = hexadecimal ? 16 : octal ? 8 : 10;
  return Number.parseInt(`${sign}${hexadecimal ?? octal ?? decimal}`, base);
}

/** glob(7): nothing but a slash separates. */
function matches(pattern: string, path: string): boolean {
  if (!/[*?[]/.test(pattern)) return false;
  const source = pattern.replace(/\[[^\]]+\]|[^\w[]|\[/g, toRegExp);
  try {
    return new RegExp(`^${source}$`).test(path);
  } catch {
    // A set such as [z-a] has nothing in it.
    return false;
  }
}

function toRegExp(part: string): string {
  if (part === '*') return '[^/]*';
  if (part === '?') return '[^/]';
  if (part.length > 1) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
  return `\\${part}`;
}

/** A line that takes a setting away from those before it. */
export interface Override {
  readonly name: SettingName;
  readonly file: string;
  readonly line: number;
  /** What it says; null: nothing is to be set, as systemd-sysctl understands `-key`. */
  readonly value: number | null;
}

/** The lines after those of `file` by which its settings would not be had at boot, one for each setting. */
export function overridesOf(file: string, assignments: readonly Assignment[]): Override[] {
  return settingNames.flatMap((name) => {
    const named = assignments.filter(({ path }) => path === settings[name].path);
    const own = named.findLastIndex((assignment) => assignment.file === file);
    const [wanted] = own === -1 ? [] : named.slice(own, own + 1).flatMap(toOrigin);
    const last = named.at(-1);
    if (wanted === undefined || last === undefined) return [];
    const value = toOrigin(last)[0]?.value ?? null;
    return value === wanted.value ? [] : [{ name, file: last.file, line: last.line, value }];
  });
}
