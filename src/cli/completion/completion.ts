// Completion: prints what a shell needs to complete warmline's commands and options.
import { Argument, Command } from 'commander';
import { bashScript, zshScript } from './bash.js';
import { fishScript } from './fish.js';
import { modelOf } from './model.js';

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript };

type Shell = keyof typeof scripts;

const examples = `
Examples:
  $ source <(warmline completion bash)      # in ~/.bashrc
  $ source <(warmline completion zsh)       # in ~/.zshrc
  $ warmline completion fish | source       # in ~/.config/fish/config.fish`;

/** `warmline completion SHELL`. */
export function completionCommand(): Command {
  const command = new Command('completion')
    .description('print a script by which a shell completes commands and options')
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
    .addHelpText('after', examples);
  return command.action((shell: Shell) => {
    const program = command.parent ?? command;
    process.stdout.write(scripts[shell](program.name(), modelOf(program)));
  });
}
