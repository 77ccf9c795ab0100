// Preload: runs a program with the preload library in it, after a look at whether the library gets there. The program's
// exit code is ours; 127 is a program that is not found, 126 one that can't be run, as env(1) has them.
import { getSystemErrorName } from 'node:util';
import { Command, Option } from 'commander';
import { WarmlineError } from '../errors.js';
import { presetNames, presets } from '../keepalive/presets.js';
import { type Checked, checkProgram, type Problem } from '../toolkit/preload/check.js';
import { launch } from '../toolkit/preload/launch.js';
import { findLibrary } from '../toolkit/preload/library.js';
import type { Circumstances } from '../toolkit/preload/reach.js';
import { preloadVariables, type Variables } from '../toolkit/preload/variables.js';
import { parseWish, type Words } from '../toolkit/preload/wish.js';
import { fail, say } from './failure.js';

const examples = `
Examples:
  $ warmline preload -- psql -h db.internal
  $ warmline preload --idle 60s --interval 10s --count 3 --user-timeout auto -- ./client
  $ warmline preload --preset aws-nat-gateway --rule 127.0.0.0/8=off -- java -jar app.jar
  $ warmline preload --check --json -- ./client
  $ all=$(warmline preload --print-env) && eval "$all" && exec ./client

Without values those of the environment hold (KEEPIDLE, KEEPINTVL, KEEPCNT and others), else 60s/10s/3.
A rule is ADDRESS/BITS=idle/interval/count, =PRESET, =on or =off; the first that fits the peer holds.
The exit code is that of the program; 127 is a program that is not found, 126 one that can't be run.`;

interface Options extends Words {
  readonly anyway?: boolean;
  readonly check?: boolean;
  readonly json?: boolean;
  readonly printEnv?: boolean;
  readonly library?: boolean;
}

/** `warmline preload -- PROGRAM ARGS…`. */
export function preloadCommand(): Command {
  return new Command('preload')
    .description('run a program with a library in it that gives its TCP sockets keepalive')
    .argument('[program]', 'a command, or a path')
    .argument('[args...]', 'its arguments')
    .passThroughOptions()
    .option('--idle <duration>', 'without a received segment before the first probe')
    .option('--interval <duration>', 'between unanswered probes')
    .option('--count <number>', 'unanswered probes before the peer is dead')
    .option('--user-timeout <duration>', 'auto, off or a duration; left alone when not given')
    .addOption(new Option('--preset <name>', 'the middlebox on the path').choices(presetNames))
    .option('--rule <rule>', 'another keepalive for some peers (repeatable, in order)', collect)
    .option('--off', 'no keepalive, whatever the environment says')
    .option('--anyway', 'run it also when the library does not get into it')
    .option('--check', 'say whether the library gets into it, and run nothing')
    .option('--json', 'with --check: one JSON document')
    .option('--print-env', 'print the variables for a shell, and run nothing')
    .option('--library', "print the library's path, and run nothing")
    .addHelpText('after', examples)
    .action(preload);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

function preload(program: string | undefined, args: readonly string[], options: Options): void {
  if (options.json && !options.check) throw usage('--json: expected --check beside it');
  const library = findLibrary();
  const variables = preloadVariables(parseWish(options), library, process.env);
  if (options.library) print(library);
  else if (options.printEnv) print(exportLines(variables));
  else runOrCheck([program ?? refuseNone(), ...args], { library, variables }, options);
}

function refuseNone(): never {
  throw usage('expected a program to run, as in: warmline preload -- psql');
}

function runOrCheck(
  words: readonly [string, ...string[]],
  { library, variables }: { readonly library: string; readonly variables: Variables },
  options: Options,
): void {
  const [program] = words;
  warnOfPreset(options);
  const checked = checkProgram(program, library, circumstances());
  if (options.check) tellCheck({ program, ...checked, variables }, options);
  else if (mayRun(checked, options)) run(words, variables, checked.path ?? program);
}

function usage(what: string): WarmlineError {
  return new WarmlineError('WL_USAGE', `${what}; see: warmline preload --help`);
}

/** A shell takes each as it stands, whatever is in the path. */
function exportLines(variables: Variables): string {
  return Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`)
    .join('\n');
}

function warnOfPreset({ preset }: Options): void {
  if (preset === undefined || presets[preset].refreshedBy === 'packets') return;
  say(
    `--preset ${preset}: it counts payload only, so no keepalive keeps a connection in its memory`,
  );
}

/** Without a PATH it is that of execvp(3). */
function circumstances(): Circumstances {
  const searchPath = process.env['PATH'] ?? '/bin:/usr/bin';
  return { searchPath, uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 };
}

interface Answer extends Checked {
  readonly program: string;
  readonly variables: Variables;
}

/** Always all the keys, as docs/toolkit/preload.md lists them. */
function tellCheck({ program, path, problem, variables }: Answer, { json }: Options): void {
  const document = { program, path, reached: problem === null, problem, variables };
  if (json) print(JSON.stringify(document, null, 2));
  else print(problem?.message ?? `${path}: the library gets into it`);
  if (problem !== null) process.exitCode = 1;
}

/** As env(1) has them, and 1 for what it does not know. */
const exitCodes: Readonly<Record<Problem['kind'], number>> = {
  missing: 127,
  notExecutable: 126,
  unreachable: 1,
};

/** Tells of a problem; it is one of the program, so that it is run all the same only where that makes sense. */
function mayRun({ problem }: Checked, { anyway = false }: Options): boolean {
  if (problem === null) return true;
  if (problem.kind === 'unreachable' && anyway) {
    say(problem.message);
    return true;
  }
  fail(new WarmlineError('WL_PRELOAD', problem.message));
  process.exitCode = exitCodes[problem.kind];
  return false;
}

/** Returns only when it does not start. */
function run(words: readonly [string, ...string[]], variables: Variables, path: string): void {
  const { errno } = launch({ path, words, variables });
  const code = getSystemErrorName(-errno);
  // The file is there; what is missing is what it asks for.
  const mend = code === 'ENOENT' ? ' (its interpreter is not there)' : '';
  const what = `${path}: expected a program that starts, got ${code}${mend}`;
  fail(new WarmlineError('WL_PRELOAD', what));
  process.exitCode = code === 'ENOENT' ? exitCodes.missing : exitCodes.notExecutable;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
