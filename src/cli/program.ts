// Program: the command line as a whole: its commands, its help and what becomes of an error.
import { Command, CommanderError } from 'commander';
import { WarmlineError } from '../errors.js';
import { version } from '../version.js';
import { fail, isUnexpected } from './failure.js';

const exitCodes = `
Exit codes:
  0  all is well
  1  a runtime error, or a check that found problems
  2  a wrong command line or configuration
`;

/** Each command is a module that is loaded when it is asked for: a relay has no use for the code of a probe. */
const commands = new Map<string, () => Promise<Command>>([
  ['run', async () => (await import('./run.js')).runCommand()],
  ['check', async () => (await import('./check.js')).checkCommand()],
  ['audit', async () => (await import('./audit.js')).auditCommand()],
  ['preload', async () => (await import('./preload.js')).preloadCommand()],
  ['probe', async () => (await import('./probe.js')).probeCommand()],
  ['sysctl', async () => (await import('./sysctl.js')).sysctlCommand()],
  ['selftest', async () => (await import('./selftest.js')).selftestCommand()],
  ['completion', async () => (await import('./completion/completion.js')).completionCommand()],
]);

/** Runs what the words after the program's name ask for; errors end on standard error and in process.exitCode. */
export async function runCli(words: readonly string[]): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  process.stdout.once('error', failUnwritten);
  try {
    const program = await programFor(words[0] ?? '');
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) failUsage(error);
    else fail(error, { stack: isUnexpected(error) });
  }
}

/** A reader that goes away, as in "warmline check FILE | head -1", has read what it wanted. A disk that is full has not. */
function failUnwritten({ code }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  const what = `standard output: expected to be written to, got ${code}`;
  fail(new WarmlineError('WL_ENGINE', what));
}

/** The program with the command of that name, or with all of them where it is none or one that looks at all. */
async function programFor(name: string): Promise<Command> {
  const command = new Command('warmline')
    .description('A TCP relay that keeps both legs of every session warm, and proves it.')
    .version(version)
    // So that what stands behind the program of `preload` is the program's.
    .enablePositionalOptions();
  const asked = name === 'completion' ? undefined : commands.get(name);
  const loaded = await Promise.all(
    (asked ? [asked] : [...commands.values()]).map((load) => load()),
  );
  for (const child of loaded) command.addCommand(child);
  for (const each of withDescendants(command)) {
    // Errors are told by `fail`, in the form of all others.
    each
      .addHelpText('after', exitCodes)
      .exitOverride()
      .configureOutput({ writeErr: () => {} });
  }
  return command;
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

/** Help and version come as errors too, with exit code 0. */
function failUsage({ code, exitCode, message }: CommanderError): void {
  if (exitCode === 0) return;
  const what =
    code === 'commander.help'
      ? 'expected a command'
      : message.replace(/^error: |\.$/g, '').replaceAll('\n', ' ');
  fail(new WarmlineError('WL_USAGE', `${what}; see: warmline --help`));
}
