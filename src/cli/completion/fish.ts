// Fish: the model as the lines that fish(1) completes by.
import {
  type CompletedCommand,
  type CompletedOption,
  type Values,
  withDescendants,
} from './model.js';

/** A script to be sourced by fish. */
export function fishScript(program: string, model: CompletedCommand): string {
  const lines = withDescendants(model).flatMap((command) => [
    ...command.commands.map((child) =>
      line(program, standsBehind(command), `-f -a '${child.path.at(-1)}'`, child.description),
    ),
    ...command.options.map((option) =>
      line(program, standsBehind(command), flags(option), option.description),
    ),
    ...argumentOf(program, command),
  ]);
  return `# Completion of ${program} for fish. Made by: ${program} completion fish\n${lines.join('\n')}\n`;
}

/** Behind this command, and none below it. */
function standsBehind({ path, commands }: CompletedCommand): string {
  const names = commands.map((child) => child.path.at(-1)).join(' ');
  const before = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  if (names !== '') before.push(`not __fish_seen_subcommand_from ${names}`);
  return before.length === 0 ? 'true' : before.join('; and ');
}

function flags({ names, values }: CompletedOption): string {
  const named = names.map((name) =>
    name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  return [...named, ...(values === null ? ['-f'] : ['-x', ...offered(values)])].join(' ');
}

function argumentOf(program: string, command: CompletedCommand): string[] {
  if (command.argument === null || command.argument === 'unknown') return [];
  const files = command.argument === 'file' ? ['-F'] : ['-f', ...offered(command.argument)];
  return [line(program, standsBehind(command), files.join(' '), '')];
}

function offered(values: Values): string[] {
  if (values === 'unknown') return [];
  if (values === 'file') return ['-a', "'(__fish_complete_path)'"];
  if (values === 'folder') return ['-a', "'(__fish_complete_directories)'"];
  return ['-a', `'${values.join(' ')}'`];
}

function line(program: string, condition: string, what: string, description: string): string {
  const said = description === '' ? '' : ` -d '${description.replaceAll("'", "\\'")}'`;
  return `complete -c ${program} -n '${condition}' ${what}${said}`;
}
