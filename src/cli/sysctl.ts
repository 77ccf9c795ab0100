// Sysctl: the keepalive of the system: what it is and means, setting it for now or for every boot, and undoing that.
import { Command, Option } from 'commander';
import { parseSeconds } from '../config/duration.js';
import { accept, type Parsed, refuse } from '../config/expected.js';
import { WarmlineError } from '../errors.js';
import { carryOut } from '../toolkit/sysctl/carry_out.js';
import { type Plan, planRemoval, planSetting } from '../toolkit/sysctl/plan.js';
import { report } from '../toolkit/sysctl/report.js';
import {
  machineRoots,
  type SettingName,
  settingNames,
  settings,
  type Values,
} from '../toolkit/sysctl/settings.js';
import { planDocument, reportDocument } from './sysctl_json.js';
import { outcomeWords, planWords, reportWords } from './sysctl_words.js';

const examples = `
Examples:
  $ warmline sysctl
  $ warmline sysctl --json | jq .times
  $ sudo warmline sysctl set --time 600s --interval 60s --probes 20 --persist
  $ sudo warmline sysctl set --remove`;

const setExamples = `
Examples:
  $ warmline sysctl set --time 600s --interval 60s --probes 20 --persist --dry-run
  $ sudo warmline sysctl set --time 5m
  $ sudo warmline sysctl set --remove`;

/** `warmline sysctl`, which shows, and `warmline sysctl set`. */
export function sysctlCommand(): Command {
  return new Command('sysctl')
    .description(
      "show and set the system's keepalive, which holds for sockets without values of their own",
    )
    .addHelpText('after', examples)
    .addCommand(showCommand(), { isDefault: true })
    .addCommand(setCommand());
}

function showCommand(): Command {
  return new Command('show')
    .description(
      'show the settings, when a dead peer is noticed and which middleboxes forget before a probe',
    )
    .option('--json', 'print one JSON document')
    .action(show);
}

function setCommand(): Command {
  return new Command('set')
    .description('set what is given and leave the rest; prints what is done before it is done')
    .option('--time <duration>', 'idle time before the first probe, such as 600s')
    .option('--interval <duration>', 'between unanswered probes, such as 60s')
    .option('--probes <count>', 'unanswered probes before the peer is declared dead')
    .option('--persist', 'also at every boot, by a file in /etc/sysctl.d')
    .addOption(
      new Option('--remove', 'remove that file and restore what was there before').conflicts([
        'time',
        'interval',
        'probes',
        'persist',
      ]),
    )
    .option('--dry-run', 'only print what would be done')
    .option('--json', 'print one JSON document')
    .addHelpText('after', setExamples)
    .action(set);
}

interface ShowOptions {
  readonly json?: boolean;
}

function show({ json = false }: ShowOptions): void {
  const found = report(machineRoots);
  print(json ? [reportDocument(found)] : reportWords(found));
}

interface SetOptions extends Partial<Readonly<Record<SettingName, string>>> {
  readonly persist?: boolean;
  readonly remove?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

function set(options: SetOptions): void {
  const { dryRun = false, json = false } = options;
  const plan = makePlan(options);
  // Told before it is done, so that whatever goes wrong then has a beginning.
  if (!json) print(planWords(plan));
  if (!dryRun) carryOut(plan, machineRoots);
  print(json ? [planDocument(plan, dryRun)] : outcomeWords(plan, dryRun));
}

function makePlan(options: SetOptions): Plan {
  const { persist = false, remove = false } = options;
  if (remove) return planRemoval(machineRoots);
  const given = settingNames.filter((name) => options[name] !== undefined);
  if (given.length === 0)
    throw usage('expected one of --time, --interval and --probes, or --remove');
  return planSetting({ values: parseValues(options, given), persist }, machineRoots);
}

/** Throws WL_USAGE with a line for each value that is wrong. */
function parseValues(options: SetOptions, given: readonly SettingName[]): Partial<Values> {
  const parsed = given.map((name) => [name, parseValue(name, options[name] ?? '')] as const);
  const problems = parsed.flatMap(([name, value]) =>
    value.ok ? [] : [`--${name}: ${value.message}`],
  );
  if (problems.length > 0) throw usage(problems.join('\n'));
  return Object.fromEntries(
    parsed.flatMap(([name, value]) => (value.ok ? [[name, value.value]] : [])),
  );
}

function parseValue(name: SettingName, text: string): Parsed<number> {
  const { min, max } = settings[name].range;
  if (name !== 'probes') return parseSeconds(text, { min: min * 1000, max: max * 1000 });
  const count = /^[0-9]{1,3}$/.test(text) ? Number(text) : Number.NaN;
  return count >= min && count <= max
    ? accept(count)
    : refuse(`a number from ${min} to ${max}`, text);
}

function usage(message: string): WarmlineError {
  return new WarmlineError('WL_USAGE', message);
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
