// Sysctl JSON: the documents of `warmline sysctl`, always with all their keys. docs/toolkit/sysctl.md lists them.
import type { Plan } from '../toolkit/sysctl/plan.js';
import { type Report, timesOf } from '../toolkit/sysctl/report.js';
import { settingNames, settings } from '../toolkit/sysctl/settings.js';

/** What `warmline sysctl --json` prints. */
export function reportDocument(report: Report): string {
  const { values, atBoot, times, boxes, oddities, unreadable } = report;
  const shown = settingNames.map((name) => {
    const { key, initial } = settings[name];
    return [name, { key, value: values[name], initial, atBoot: atBoot[name] }] as const;
  });
  const warnings = oddities.map(({ name, message }) => ({ setting: name, message }));
  return format({ settings: Object.fromEntries(shown), times, boxes, warnings, unreadable });
}

/** What `warmline sysctl set --json` prints. */
export function planDocument(plan: Plan, dryRun: boolean): string {
  const { from, to, changes, file, atBoot, unreadable } = plan;
  return format({
    dryRun,
    changes: changes.map(({ name, ...change }) => ({ setting: name, ...change })),
    times: { from: timesOf(from), to: timesOf(to) },
    file,
    atBoot,
    unreadable,
  });
}

function format(document: object): string {
  return JSON.stringify(document, null, 2);
}
