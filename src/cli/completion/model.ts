// Model: what can stand on the command line, read off the commands themselves, so that no completion is ever behind them.
import type { Command, Option } from 'commander';

/** What completes the value of an option or an argument: one of some words, a file, a folder, or nothing that is known. */
export type Values = readonly string[] | 'file' | 'folder' | 'unknown';

export interface CompletedOption {
  /** Such as ["-h", "--help"]. */
  readonly names: readonly string[];
  readonly description: string;
  /** null: it takes none. */
  readonly values: Values | null;
}

export interface CompletedCommand {
  /** The words that lead to it, none for the program itself. */
  readonly path: readonly string[];
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** What stands for itself behind the options. */
  readonly argument: Values | null;
  readonly commands: readonly CompletedCommand[];
}

export function modelOf(command: Command, path: readonly string[] = []): CompletedCommand {
  const help = command.createHelp();
  const [argument] = command.registeredArguments;
  return {
    path,
    description: command.description(),
    options: help.visibleOptions(command).map(optionOf),
    argument: argument ? (argument.argChoices ?? valuesNamed(argument.name())) : null,
    commands: help
      .visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .map((child) => modelOf(child, [...path, child.name()])),
  };
}

/** The command and all below it. */
export function withDescendants(command: CompletedCommand): CompletedCommand[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}

function optionOf(option: Option): CompletedOption {
  const takesValue = option.required || option.optional;
  return {
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
    description: option.description,
    values: takesValue ? (option.argChoices ?? valuesNamed(option.flags)) : null,
  };
}

/** `--state <file>` takes a file: what is wanted stands in the name. */
function valuesNamed(name: string): Values {
  if (/\b(dir|folder)\b/.test(name)) return 'folder';
  return /\bfile\b/.test(name) ? 'file' : 'unknown';
}
