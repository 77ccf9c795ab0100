// Check: whether a command can be run with the library in it, in one answer.
import { inspectElf } from '../elf.js';
import { findProgram } from './program.js';
import { type Circumstances, findObstacle } from './reach.js';

export interface Checked {
  /** The file that would be run; null for none. */
  readonly path: string | null;
  /** null: nothing stands in the way. */
  readonly problem: Problem | null;
}

export interface Problem {
  readonly kind: 'missing' | 'notExecutable' | 'unreachable';
  /** A line that says what it is and what to do. */
  readonly message: string;
}

/** Looks for the command and into its file. */
export function checkProgram(name: string, library: string, circumstances: Circumstances): Checked {
  const found = findProgram(name, circumstances.searchPath);
  switch (found.kind) {
    case 'missing':
      return { path: null, problem: { kind: 'missing', message: missing(name) } };
    case 'notExecutable':
      return { path: found.path, problem: { kind: 'notExecutable', message: denied(found.path) } };
    case 'found':
      return { path: found.path, problem: whyNotReached(found.path, library, circumstances) };
  }
}

function missing(name: string): string {
  const where = name.includes('/') ? 'there is no such file' : 'no folder of the PATH has it';
  return `${name}: expected a program, got nothing (${where})`;
}

function denied(path: string): string {
  return `${path}: expected a program that may be executed, got one that may not; see: ls -l ${path}`;
}

function whyNotReached(
  path: string,
  library: string,
  circumstances: Circumstances,
): Problem | null {
  const obstacle = findObstacle(path, inspectElf(library), circumstances);
  if (obstacle === undefined) return null;
  const message =
    `${obstacle.path}: the library does not get into it: ${obstacle.because}; use a keepalive setting of its own, or the ` +
    'relay in front of it; --anyway runs it as it is';
  return { kind: 'unreachable', message };
}
