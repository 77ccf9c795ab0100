// Completion: what each shell itself makes of the script that is printed for it.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runCli } from '../helpers/cli.js';
import { command, requires } from '../helpers/requires.js';
import { test } from '../helpers/steady.js';
import { systemEnv } from '../helpers/system.js';
import { temporaryFolder } from '../helpers/temporary.js';

/** The words so far, and what the last of them is completed to; options stand for themselves. */
const cases = [
  [['ru'], ['run']],
  [['run', '--log-level', 'wa'], ['warn']],
  [['run', '--lis'], ['--listen']],
  [['check', '--st'], ['--strict']],
  [['completion', 'z'], ['zsh']],
  [['run', '--listen', ''], []],
  [['check', 'warm'], ['warmline.yaml']],
  [['check', 'two'], ['two words.yaml']],
] as const;

type Complete = (folder: string, script: string, words: readonly string[]) => string[];

const shells = {
  bash: byFunction('bash', ['--norc']),
  zsh: byFunction('zsh', ['-f']),
  fish: completeInFish,
} as const;

for (const [shell, complete] of Object.entries(shells)) {
  requires(command(shell, shell))(
    `${shell} completes commands, options, values and files`,
    async (t) => {
      const { code, stdout, stderr } = await runCli(['completion', shell]);
      t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
      // One for all, for zsh keeps in it what it takes seconds to find out.
      const folder = folderWithFiles(t);
      for (const [words, expected] of cases) {
        t.deepEqual(complete(folder, stdout, words), [...expected], `${shell}: ${words.join(' ')}`);
      }
    },
  );
}

requires(command('bash', 'bash'))(
  'bash is told what is a file name, so that a folder is not followed by a space',
  async (t) => {
    const { stdout: script } = await runCli(['completion', 'bash']);
    const told = `${script}\ncompopt() { printf '%s\\n' "$*"; }`;
    const folder = folderWithFiles(t);
    const files = ['-o filenames', 'warmline.yaml'];
    t.deepEqual(shells.bash(folder, told, ['check', 'warm']), files);
    t.deepEqual(shells.bash(folder, told, ['probe', '--state', 'warm']), files);
    t.deepEqual(shells.bash(folder, told, ['run', '--log-level', 'wa']), ['warn']);
  },
);

test('bash knows every command that the help lists', async (t) => {
  const { stdout: help } = await runCli(['--help']);
  const listed = [...help.slice(help.indexOf('Commands:')).matchAll(/^ {2}([a-z]+) /gm)];
  const names = listed.map(([, name = '']) => name).filter((name) => name !== 'help');
  const { stdout: script } = await runCli(['completion', 'bash']);
  t.true(names.length >= 3);
  const offered = shells.bash(folderWithFiles(t), script, ['']);
  t.deepEqual(
    offered.filter((word) => !word.startsWith('-')),
    names,
  );
});

/** Calls the function as the shell does when TAB is pressed. */
function byFunction(shell: 'bash' | 'zsh', flags: readonly string[]): Complete {
  return (folder, script, words) => {
    const typed = words.map((word) => `'${word}'`).join(' ');
    const begun = words.at(-1) ?? '';
    // What compsys, which calls bashcompinit, sets up.
    const asZsh = `emulate ksh; PREFIX='${begun}'`;
    const ask = `${script}
${shell === 'zsh' ? asZsh : ''}
COMP_WORDS=(warmline ${typed}); COMP_CWORD=${words.length}; _warmline
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const offered = lines(execFileSync(shell, [...flags, '-c', ask], inFolder(folder)));
    // zsh leaves it to compadd to drop what begins otherwise.
    return offered.filter((word) => shell === 'bash' || word.startsWith(begun));
  };
}

function completeInFish(folder: string, script: string, words: readonly string[]): string[] {
  const ask = `${script}\ncomplete -C 'warmline ${words.join(' ')}'`;
  const found = lines(execFileSync('fish', ['--no-config', '-c', ask], inFolder(folder)));
  return found.map((line) => line.split('\t')[0] ?? '');
}

function inFolder(cwd: string) {
  return { cwd, encoding: 'utf8', env: { ...systemEnv, HOME: cwd } } as const;
}

/** A folder with two files, which are completed where a file is wanted. */
function folderWithFiles(t: ExecutionContext): string {
  const folder = temporaryFolder(t);
  for (const name of ['warmline.yaml', 'two words.yaml']) writeFileSync(join(folder, name), '');
  return folder;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
