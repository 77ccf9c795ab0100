// Compiled: small C programs, made by the machine's own compiler for the length of a test.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { projectRoot } from './repository.js';
import { command, type Need } from './requires.js';
import { systemEnv } from './system.js';
import { temporaryFolder } from './temporary.js';

/** What `compileC` needs. */
export const cCompiler: Need = command('gcc', 'gcc');

/** Compiles a program's source with these further words, in front of which stands the compiler's name; returns its path. */
export function compileC(
  t: ExecutionContext,
  source: string,
  words: readonly string[] = [],
  compiler = 'gcc',
): string {
  const folder = temporaryFolder(t);
  const [file, program] = [join(folder, 'program.c'), join(folder, 'program')];
  writeFileSync(file, source);
  compile(compiler, ['-o', program, file, ...words]);
  return program;
}

/** Compiles a program of test/fixtures/preload/; the further words may name more sources of the project. */
export function compileFixture(
  t: ExecutionContext,
  name: string,
  words: readonly string[] = [],
  compiler = 'gcc',
): string {
  const program = join(temporaryFolder(t), name);
  compile(compiler, ['-o', program, '-pthread', `test/fixtures/preload/${name}.c`, ...words]);
  return program;
}

function compile(compiler: string, words: readonly string[]): void {
  execFileSync(compiler, words, { cwd: projectRoot, env: systemEnv, stdio: 'pipe' });
}
