// Program: the command line as a whole: its commands, its help and what becomes of an error.
import { Command, CommanderError } from 'commander';
import { WarmlineError } from '../errors.js';
import { version } from '../version.js';
import { auditCommand } from './audit.js';
import { checkCommand } from './check.js';
import { completionCommand } from './completion/completion.js';
import { fail } from './failure.js';
import { preloadCommand } from './preload.js';
import { probeCommand } from './probe.js';
import { runCommand } from './run.js';
import { selftestCommand } from './selftest.js';
import { sysctlCommand } from './sysctl.js';

const exitCodes = `
Exit codes:
  0  all is well
  1  a runtime error, or a check that found problems
  2  a wrong command line or configuration
`;

const commands = [
  runCommand,
  checkCommand,
  auditCommand,
  preloadCommand,
  probeCommand,
  sysctlCommand,
  selftestCommand,
  completionCommand,
] as const;

/** Runs what the words after the program's name ask for; errors end on standard error and in process.exitCode. */
export async function runCli(words: readonly string[]): Promise<void> {
  // A reader that goes away, as in "warmline check FILE | head -1", is no reason to crash.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    await program().parseAsync(words, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) failUsage(error);
    else fail(error);
  }
}

function program(): Command {
  const command = new Command('warmline')
    .description('A TCP relay that keeps both legs of every session warm, and proves it.')
    .version(version)
    // So that what stands behind the program of `preload` is the program's.
    .enablePositionalOptions();
  for (const make of commands) command.addCommand(make());
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
