// Which programs the preload library would not get into, told before they are run.
import { chmodSync, chownSync, copyFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { inspectElf } from '../../src/toolkit/elf.js';
import { findLibrary } from '../../src/toolkit/preload/library.js';
import { findProgram } from '../../src/toolkit/preload/program.js';
import { findObstacle, type Obstacle } from '../../src/toolkit/preload/reach.js';
import { cCompiler, compileC } from '../helpers/compiled.js';
import { requires, root } from '../helpers/requires.js';
import { temporaryFolder } from '../helpers/temporary.js';

const test = requires(cCompiler);
const testAsRoot = requires(cCompiler, root);

const program = 'int main(void) { return 0; }';
const isStatic = 'it is statically linked, so no dynamic linker runs';
const library = inspectElf(findLibrary());

function obstacleOf(path: string, searchPath = '/usr/bin:/bin', uid = 0): Obstacle | undefined {
  return findObstacle(path, library, { searchPath, uid, gid: uid });
}

test('nothing stands before an ordinary program', (t) => {
  t.is(obstacleOf(compileC(t, program)), undefined);
  t.is(obstacleOf(process.execPath), undefined);
});

test('a statically linked program is out of reach', (t) => {
  const path = compileC(t, program, ['-static']);
  t.deepEqual(obstacleOf(path), { path, because: isStatic });
});

test('a program for another machine is out of reach', (t) => {
  const path = compileC(t, program);
  const other = { machine: 'aarch64', bits: 64 } as const;
  const obstacle = findObstacle(path, other, { searchPath: '', uid: 0, gid: 0 });
  t.regex(obstacle?.because ?? '', /^it is a program for \S+, and the library is one for aarch64$/);
});

test('a script is reached as its interpreter is', (t) => {
  const path = compileC(t, program, ['-static']);
  t.deepEqual(obstacleOf(script(t, `#!${path} -x`)), { path, because: isStatic });
  t.deepEqual(obstacleOf(script(t, `#!${script(t, `#! ${path}`)}`)), { path, because: isStatic });
  t.is(obstacleOf(script(t, '#!/bin/sh')), undefined);
  t.is(obstacleOf(script(t, 'exit 0')), undefined);
});

test('an interpreter is looked for on the PATH where env(1) does it', (t) => {
  const path = compileC(t, program, ['-static']);
  const folder = temporaryFolder(t);
  symlinkSync(path, join(folder, 'tool'));
  const obstacle = { path: join(folder, 'tool'), because: isStatic };
  t.deepEqual(obstacleOf(script(t, '#!/usr/bin/env tool'), folder), obstacle);
  t.deepEqual(obstacleOf(script(t, '#!/usr/bin/env -S A=1 tool -x'), folder), obstacle);
  t.is(obstacleOf(script(t, '#!/usr/bin/env tool'), '/nowhere'), undefined);
});

test('a script that is its own interpreter is no reason to look for ever', (t) => {
  const path = join(temporaryFolder(t), 'loop');
  writeFileSync(path, `#!${path}`);
  t.is(obstacleOf(path), undefined);
});

testAsRoot('a program with the rights of its owner is out of reach for others', (t) => {
  const path = join(temporaryFolder(t), 'owned');
  copyFileSync(compileC(t, program), path);
  const because =
    'it runs with the rights of its owner, and the dynamic linker then ignores LD_PRELOAD';
  chmodSync(path, 0o4755);
  t.deepEqual(obstacleOf(path, '', 1000), { path, because });
  t.is(obstacleOf(path, '', 0), undefined);
  chownSync(path, 0, 7);
  chmodSync(path, 0o2755);
  t.deepEqual(obstacleOf(path, '', 0), { path, because });
});

test('a command is looked for as a shell does it', (t) => {
  const [first, second] = [temporaryFolder(t), temporaryFolder(t)];
  writeFileSync(join(first, 'tool'), '');
  writeFileSync(join(second, 'tool'), '', { mode: 0o755 });
  const path = join(second, 'tool');
  t.deepEqual(findProgram('tool', `${first}:${second}`), { kind: 'found', path });
  t.deepEqual(findProgram('tool', first), { kind: 'notExecutable', path: join(first, 'tool') });
  t.deepEqual(findProgram(path, ''), { kind: 'found', path });
  t.deepEqual(findProgram('tool', '/nowhere'), { kind: 'missing' });
  t.deepEqual(findProgram(first, ''), { kind: 'missing' });
});

testAsRoot('a path in a folder that may not be looked into is not said to be missing', (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, 'tool');
  writeFileSync(path, '', { mode: 0o755 });
  chmodSync(folder, 0o700);
  process.seteuid?.(65_534);
  try {
    t.deepEqual(findProgram(path, ''), { kind: 'notExecutable', path });
    t.deepEqual(findProgram('tool', folder), { kind: 'missing' });
  } finally {
    process.seteuid?.(0);
  }
});

function script(t: ExecutionContext, text: string): string {
  const path = join(temporaryFolder(t), 'script');
  writeFileSync(path, `${text}\n`, { mode: 0o755 });
  return path;
}
