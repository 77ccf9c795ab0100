// Audit: every TCP connection of this machine, whether it would be lost without a word, and what would help.
import { Command, Option } from 'commander';
import { parseSeconds } from '../config/duration.js';
import { WarmlineError } from '../errors.js';
import { intentRanges } from '../keepalive/intent.js';
import { type PresetName, presetNames } from '../keepalive/presets.js';
import { type AuditOptions, audit, auditedMachine } from '../toolkit/audit/audit.js';
import { boxOf } from '../toolkit/audit/box.js';
import type { AuditReport } from '../toolkit/audit/report.js';
import type { Seconds } from '../units.js';
import { auditSource } from './audit_source.js';
import { auditWords } from './audit_words.js';
import { fail } from './failure.js';

const examples = `
Examples:
  $ sudo warmline audit --preset aws-nat-gateway
  $ warmline audit --listen 5432 --nat-timeout 240s
  $ sudo warmline audit --pid 4711 --all
  $ sudo warmline audit --json | jq '.connections[] | select(.verdict == "lost")'
  $ warmline audit --source ./memcached-1.6.18 --preset azure-nat-gateway

Without root it sees every connection, and whose they are and what values they have for your own processes only.`;

interface Options {
  readonly pid?: number;
  readonly listen?: number;
  readonly container?: string;
  readonly preset?: PresetName;
  readonly natTimeout?: Seconds;
  readonly all?: boolean;
  readonly strict?: boolean;
  readonly json?: boolean;
  readonly source?: string;
}

/** `warmline audit`. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('list the TCP connections of this machine, and which would be lost without a word')
    .addOption(
      new Option('--pid <pid>', 'of one process')
        .argParser(wholeNumber('--pid', 4_194_304))
        .conflicts('container'),
    )
    .option('--listen <port>', 'what listens on a port and what was accepted there', (text) =>
      wholeNumber('--listen', 65_535)(text),
    )
    .option('--container <id>', 'of one container, by its id or the beginning of it')
    .addOption(
      new Option('--preset <name>', 'judge by what this middlebox remembers').choices(presetNames),
    )
    .option('--nat-timeout <duration>', 'judge by a middlebox that remembers so long', natTimeout)
    .option('--all', 'also what stays on this machine, such as 127.0.0.1')
    .addOption(
      new Option(
        '--source <dir>',
        'C and C++ sources instead: where they lack keepalive',
      ).conflicts(['pid', 'listen', 'container', 'all']),
    )
    .option('--strict', 'exit with 1 when something would be lost')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples)
    .action(run);
}

function run(options: Options): void {
  try {
    if (options.source === undefined) auditConnections(options);
    else auditSource(options.source, options);
  } catch (error) {
    fail(error);
  }
}

function auditConnections(options: Options): void {
  const report = audit(asked(options), auditedMachine());
  print(options.json === true ? JSON.stringify(report, null, 2) : auditWords(report).join('\n'));
  if (options.strict === true && hasFindings(report)) process.exitCode = 1;
}

function asked({ preset, natTimeout, ...options }: Options): AuditOptions {
  return { ...options, box: boxOf(preset, natTimeout) };
}

function hasFindings({ summary }: AuditReport): boolean {
  return summary.lost + summary.lostListeners > 0;
}

function wholeNumber(option: string, max: number): (text: string) => number {
  return (text) => {
    const number = /^[0-9]+$/.test(text) ? Number(text) : 0;
    if (number >= 1 && number <= max) return number;
    throw usage(`${option}: expected a whole number from 1 to ${max}, got "${text}"`);
  };
}

function natTimeout(text: string): Seconds {
  const { min, max } = intentRanges.natTimeout;
  const parsed = parseSeconds(text, { min: min * 1000, max: max * 1000 });
  if (parsed.ok) return parsed.value;
  throw usage(`--nat-timeout: ${parsed.message}`);
}

function usage(message: string): WarmlineError {
  return new WarmlineError('WL_USAGE', message);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
