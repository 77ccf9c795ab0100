// Check: whether a configuration could run here, what it comes to and what of it is unwise. Listens nowhere.
import { Command } from 'commander';
import { type Checked, checkApp } from '../app.js';
import { loadConfigFile } from '../config/load.js';
import { ConfigInvalidError } from '../config/problems.js';
import type { ErrorCode } from '../errors.js';
import { asWarmlineError, fail } from './failure.js';

const examples = `
Examples:
  $ warmline check warmline.yaml
  $ warmline check --strict --json warmline.yaml | jq .warnings`;

interface CheckOptions {
  readonly strict?: boolean;
  readonly json?: boolean;
}

/** `warmline check FILE`. */
export function checkCommand(): Command {
  return new Command('check')
    .description(
      'parse, validate and resolve a file, try its keepalives on a scratch socket, print the plan and what is unwise in it',
    )
    .argument('<file>', 'the configuration, YAML')
    .option('--strict', 'exit with 1 when there is a warning')
    .option('--json', 'print one JSON document, also when the file has problems')
    .addHelpText('after', examples)
    .action(check);
}

async function check(file: string, { strict = false, json = false }: CheckOptions): Promise<void> {
  try {
    const { words, ...report } = await checkApp(await loadConfigFile(file));
    print(json ? document(file, report) : words.join('\n'));
    if (strict && report.warnings.length > 0) process.exitCode = 1;
  } catch (error) {
    // Problems are what a check is for: its finding, not a misuse of it.
    if (json) failInDocument(file, error);
    else fail(error, { exitCode: 1 });
  }
}

function failInDocument(file: string, error: unknown): void {
  const { code } = asWarmlineError(error);
  print(document(file, { code, problems: problemsOf(file, error) }));
  process.exitCode = 1;
}

/** What is not about a place in the file has no line and no column. */
function problemsOf(file: string, error: unknown): readonly object[] {
  if (error instanceof ConfigInvalidError) return error.problems;
  const lines = asWarmlineError(error).message.split('\n');
  return lines.map((message) => ({ file, line: null, column: null, path: '', message }));
}

interface Found extends Partial<Omit<Checked, 'words'>> {
  readonly code?: ErrorCode;
  readonly problems?: readonly object[];
}

/** Always all the keys, as docs/operations.md lists them. */
function document(file: string, found: Found): string {
  const { code = null, routes = [], warnings = [], problems = [] } = found;
  return JSON.stringify({ file, ok: code === null, code, routes, warnings, problems }, null, 2);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
