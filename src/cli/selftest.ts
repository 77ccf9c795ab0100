// Selftest: tries on this machine what warmline needs of it, and shows what keepalive does.
import { Command } from 'commander';
import { areNeedsMet, checkKernel } from '../toolkit/selftest/checks.js';
import { type Demonstration, demonstrate } from '../toolkit/selftest/demonstrations.js';
import { version } from '../version.js';
import { checkWords, demonstrationWords, foreword } from './selftest_words.js';

const examples = `
Examples:
  $ warmline selftest
  $ warmline selftest --quick
  $ sudo warmline selftest --json | jq '.checks[] | select(.ok | not)'`;

interface Options {
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** `warmline selftest`. */
export function selftestCommand(): Command {
  return new Command('selftest')
    .description(
      'try what this machine can do: set the options on a socket and read them back, look what the kernel supports, ' +
        'and show an idle death and a NAT kept warm in network namespaces',
    )
    .option('--quick', 'leave out the demonstrations, which take about 10 seconds')
    .option('--json', 'print one JSON document')
    .addHelpText('after', examples)
    .action(selftest);
}

async function selftest({ quick = false, json = false }: Options): Promise<void> {
  const kernel = await checkKernel();
  if (!json) print([...checkWords(kernel), ...(quick ? [] : foreword)]);
  const demonstrations = quick ? [] : await demonstrate();
  const ok = areNeedsMet(kernel.checks) && !demonstrations.some(isWrong);
  const document = { ok, version, node: process.version, ...kernel, demonstrations };
  print(json ? [JSON.stringify(document, null, 2)] : demonstrationWords(demonstrations));
  if (!ok) process.exitCode = 1;
}

function isWrong({ outcome }: Demonstration): boolean {
  return outcome === 'contradicted';
}

function print(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
