// Reach: whether LD_PRELOAD gets a library into a program. Looks at files, runs nothing.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { type ElfFile, inspectElf } from '../elf.js';
import { findProgram } from './program.js';

/** Why a library does not get into a program; `path` is the program, or the interpreter of a script. */
export interface Obstacle {
  readonly path: string;
  readonly because: string;
}

/** Whose process it will be, and where it is looked for. */
export interface Circumstances {
  readonly searchPath: string;
  readonly uid: number;
  readonly gid: number;
}

/** What keeps a library out of a program that `findProgram` found; undefined where nothing does that a file can tell. */
export function findObstacle(
  path: string,
  library: Pick<ElfFile, 'machine' | 'bits'>,
  circumstances: Circumstances,
): Obstacle | undefined {
  const program = interpreterOf(path, circumstances.searchPath);
  const because = whySecure(program, circumstances) ?? whyUnreachable(program, library);
  return because === undefined ? undefined : { path: program, because };
}

/** The program that a script is run by, and that by which this one is, but not without end; another file is run by itself. */
function interpreterOf(path: string, searchPath: string, patience = 4): string {
  const [, interpreter, words = ''] = /^#![ \t]*(\S+)[ \t]*(.*)/.exec(firstLineOf(path)) ?? [];
  if (interpreter === undefined || patience === 0) return path;
  const next = /\/env$/.test(interpreter) ? commandOfEnv(words, searchPath) : undefined;
  return interpreterOf(next ?? interpreter, searchPath, patience - 1);
}

/** What `#!/usr/bin/env NAME` runs: the first word that is neither an option nor an assignment. */
function commandOfEnv(words: string, searchPath: string): string | undefined {
  const name = words.split(/\s+/).find((word) => !word.startsWith('-') && !word.includes('='));
  const found = findProgram(name ?? '', searchPath);
  return found.kind === 'found' ? found.path : undefined;
}

/** As much as the kernel reads of it; empty where it can't be read. */
function firstLineOf(path: string): string {
  try {
    const fd = openSync(path, 'r');
    const bytes = Buffer.alloc(256);
    const length = readSync(fd, bytes, 0, bytes.length, 0);
    closeSync(fd);
    return bytes.toString('latin1', 0, length).split('\n', 1)[0] ?? '';
  } catch {
    return '';
  }
}

/** ld.so(8), "Secure-execution mode". File capabilities have the same effect, and no system call in Node. */
function whySecure(path: string, { uid, gid }: Circumstances): string | undefined {
  const file = statSync(path, { throwIfNoEntry: false });
  const gainsUser = file !== undefined && (file.mode & 0o4000) !== 0 && file.uid !== uid;
  const gainsGroup = file !== undefined && (file.mode & 0o2010) === 0o2010 && file.gid !== gid;
  if (!gainsUser && !gainsGroup) return undefined;
  return 'it runs with the rights of its owner, and the dynamic linker then ignores LD_PRELOAD';
}

function whyUnreachable(
  path: string,
  library: Pick<ElfFile, 'machine' | 'bits'>,
): string | undefined {
  const file = tryInspect(path);
  if (file === undefined || file.kind === 'notElf') return undefined;
  if (file.isGo) return 'it is a Go program, which makes its sockets without libc';
  if (file.kind === 'static') return 'it is statically linked, so no dynamic linker runs';
  if (file.machine === library.machine && file.bits === library.bits) return undefined;
  return `it is a program for ${file.machine}, and the library is one for ${library.machine}`;
}

/** A program may be executable and not readable. */
function tryInspect(path: string): ElfFile | undefined {
  try {
    return inspectElf(path);
  } catch {
    return undefined;
  }
}
