// Sysctl words: what `warmline sysctl` prints for people.
import type { Warmth } from '../keepalive/warmth.js';
import { table } from '../table.js';
import { ownPath } from '../toolkit/sysctl/own_file.js';
import type { Change, Plan, Source } from '../toolkit/sysctl/plan.js';
import type { Origin } from '../toolkit/sysctl/precedence.js';
import { type BoxReport, type Report, timesOf } from '../toolkit/sysctl/report.js';
import { type SettingName, settingNames, settings } from '../toolkit/sysctl/settings.js';
import { type Milliseconds, type Seconds, spellDuration } from '../units.js';

/** The settings, what they mean and what middleboxes make of that. */
export function reportWords(report: Report): string[] {
  const { times, boxes, oddities } = report;
  return [
    ...table(['SETTING', 'VALUE', "KERNEL'S OWN", 'AT BOOT'], settingRows(report)),
    '',
    'a socket that turns keepalive on and sets no values of its own:',
    `  first probe after ${spell(times.firstProbe)} idle, a dead peer is noticed after ${spell(times.deadIdle)}`,
    ...(times.deadAfterAnsweredProbe === times.deadIdle
      ? []
      : [`  and once a probe was answered, after ${spell(times.deadAfterAnsweredProbe)}`]),
    'a socket that does not turn it on is never probed, whatever the settings are',
    '',
    'what a middlebox makes of such a socket while it is idle and its peer alive:',
    ...table(['PRESET', 'REMEMBERS', 'OUTCOME'], boxes.map(boxRow)),
    '(timers that are an eighth late, as the kernel allows itself, are reckoned with)',
    ...blockOf(oddities.map(({ message }) => `warning: ${message}`)),
    ...unreadableWords(report.unreadable),
  ];
}

function settingRows({ values, atBoot }: Report): string[][][] {
  return settingNames.map((name) => [
    [settings[name].key],
    [show(name, values[name])],
    [show(name, settings[name].initial)],
    [showOrigin(name, atBoot[name])],
  ]);
}

function showOrigin(name: SettingName, origin: Origin | null): string {
  if (origin === null) return "the kernel's own";
  return `${show(name, origin.value)}, by ${origin.file}:${origin.line}`;
}

function boxRow({ preset, limit, warmth }: BoxReport): string[][] {
  return [[preset], [spell(limit * 1000)], [outcomes[warmth]]];
}

const outcomes: Readonly<Record<Warmth, string>> = {
  warm: 'kept warm by the probes',
  forgottenBeforeFirstProbe: 'forgotten before the first probe',
  forgottenBetweenProbes: 'forgotten between two probes, which are max(time, interval) apart',
  payloadOnly: 'forgotten: it looks at payload only, and a probe has none',
};

/** What a plan changes, told the same way before it is done and when it is only looked at. */
export function planWords(plan: Plan): string[] {
  if (plan.changes.length === 0) return [`there is no ${ownPath}, so there is nothing to undo`];
  const { changes, from, to } = plan;
  const before = timesOf(from).deadAfterAnsweredProbe;
  const after = timesOf(to).deadAfterAnsweredProbe;
  return [
    ...table(['SETTING', 'NOW', 'NEW', ''], changes.map(changeRow)),
    '',
    `a dead idle peer is noticed after ${spell(after)}${before === after ? ', as now' : `, now ${spell(before)}`}`,
    ...fileWords(plan),
    ...unreadableWords(plan.unreadable),
  ];
}

function changeRow({ name, from, to, source }: Change): string[][] {
  return [[settings[name].key], [show(name, from)], [show(name, to)], [reasons[source]]];
}

const reasons: Readonly<Record<Source, string>> = {
  asked: '',
  bootFile: 'as another file has it at boot',
  before: 'as it was before',
  kernel: "the kernel's own",
  leftAlone: 'left alone: somebody has changed it since',
};

function fileWords({ file }: Plan): string[] {
  if (file === null) return [];
  if (file.content === null) return ['', `${file.path}: removed`];
  const lines = file.content.trimEnd().split('\n');
  return ['', `${file.path}:`, ...lines.map((line) => `  ${line}`)];
}

/** What came of a plan. */
export function outcomeWords(plan: Plan, dryRun: boolean): string[] {
  if (plan.changes.length === 0) return [];
  if (dryRun) return ['', 'dry run: nothing was changed'];
  return ['', 'done: written, and read back', ...liveWords(plan), ...bootWords(plan)];
}

function liveWords({ from, to }: Plan): string[] {
  if (from.time <= to.time) return [];
  return [
    `sockets that are idle already keep the timer that runs, up to ${spell(from.time * 1000)}; ` +
      'then the new values hold for them too',
  ];
}

function bootWords({ file, to, atBoot, changes }: Plan): string[] {
  if (file !== null) return [];
  const lost = changes.filter(
    ({ name }) => (atBoot[name]?.value ?? settings[name].initial) !== to[name],
  );
  if (lost.length === 0) return [];
  return ['until the next boot; to have it at every boot, add --persist'];
}

function unreadableWords(files: readonly string[]): string[] {
  return blockOf(
    files.map(
      (file) => `warning: ${file} can't be read by this user, so what it sets at boot is unknown`,
    ),
  );
}

function blockOf(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', ...lines];
}

function show(name: SettingName, value: number): string {
  return settings[name].unit === 's' ? spell(value * 1000) : String(value);
}

/** "7875s (2h 11m 15s)", "60s". */
function spell(duration: Milliseconds): string {
  const seconds: Seconds = duration / 1000;
  const spelt = seconds > 0 ? spellDuration(seconds) : `${seconds}s`;
  return spelt === `${seconds}s` ? spelt : `${seconds}s (${spelt})`;
}
