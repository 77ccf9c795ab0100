// Check: whether a configuration could run here, and what it comes to. Listens nowhere.
import { Command } from 'commander';
import { checkApp } from '../app.js';
import { loadConfigFile } from '../config/load.js';
import { fail } from './failure.js';

const examples = `
Example:
  $ warmline check warmline.yaml`;

/** `warmline check FILE`. */
export function checkCommand(): Command {
  return new Command('check')
    .description(
      'parse, validate and resolve a file, try its keepalives on a scratch socket, print the plan',
    )
    .argument('<file>', 'the configuration, YAML')
    .addHelpText('after', examples)
    .action(check);
}

async function check(file: string): Promise<void> {
  try {
    const table = await checkApp(await loadConfigFile(file));
    process.stdout.write(`${table.join('\n')}\n`);
  } catch (error) {
    // Problems are what a check is for: its finding, not a misuse of it.
    fail(error, { exitCode: 1 });
  }
}
