// What a program's file tells of how it is started.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type ElfFile, inspectElf, readElf } from '../../src/toolkit/elf.js';
import { cCompiler, compileC } from '../helpers/compiled.js';
import { command, requires } from '../helpers/requires.js';
import { temporaryFolder } from '../helpers/temporary.js';

const test = requires(cCompiler);
const testMusl = requires(command('musl-gcc', 'musl-tools'));

const program = 'int main(void) { return 0; }';

/** The note that the linker of Go leaves, after another one as where a C linker has merged them. */
const goProgram = `
  __asm__(".section .note.go.buildid, \\"a\\", @note\\n"
          ".long 6, 5, 7\\n .asciz \\"Other\\"\\n .balign 4\\n .asciz \\"five\\"\\n .balign 4\\n"
          ".long 4, 8, 4\\n .asciz \\"Go\\\\0\\"\\n .ascii \\"build-id\\"\\n .text\\n");
  ${program}`;

const notElf: ElfFile = {
  kind: 'notElf',
  interpreter: null,
  isGo: false,
  machine: '',
  bits: 0,
  isMusl: false,
  needed: [],
};

test('an ordinary program is dynamic and asks for libc', (t) => {
  const found = inspectElf(compileC(t, program));
  t.is(found.kind, 'dynamic');
  t.regex(found.interpreter ?? '', /^\/lib.*\/ld-linux/);
  t.deepEqual([found.isGo, found.isMusl, found.needed], [false, false, ['libc.so.6']]);
});

test('its machine and word size are those of this one', (t) => {
  const { machine, bits } = inspectElf(process.execPath);
  t.is(machine, process.arch === 'x64' ? 'x86_64' : 'aarch64');
  t.is(bits, 64);
});

for (const [how, word] of [
  ['statically linked', '-static'],
  ['static and position independent', '-static-pie'],
] as const) {
  test(`a program that is ${how} has no interpreter`, (t) => {
    const found = inspectElf(compileC(t, program, [word]));
    t.deepEqual([found.kind, found.interpreter, found.needed], ['static', null, []]);
  });
}

test('a Go program is known by its note, also behind another one', (t) => {
  t.true(inspectElf(compileC(t, goProgram)).isGo);
  t.true(inspectElf(compileC(t, goProgram, ['-static', '-s'])).isGo);
});

testMusl('a program against musl is known by its interpreter', (t) => {
  const found = inspectElf(compileC(t, program, [], 'musl-gcc'));
  t.deepEqual([found.kind, found.isMusl], ['dynamic', true]);
});

test('what is no ELF file is said to be none', (t) => {
  for (const content of ['', '#!/bin/sh\n', 'x'.repeat(4096)]) {
    t.deepEqual(inspectElf(fileWith(t, content)), notElf);
  }
});

test('a file that is cut off anywhere is no reason to fail', (t) => {
  const whole = readFileSync(compileC(t, program));
  const kinds = new Set<string>();
  for (let length = 0; length < whole.length; length += 7) {
    const cut = whole.subarray(0, length);
    kinds.add(readElf((at, size) => cut.subarray(at, at + size)).kind);
  }
  t.deepEqual([...kinds].sort(), ['dynamic', 'notElf']);
});

test('a file with any byte changed is no reason to fail', (t) => {
  const whole = readFileSync(compileC(t, program));
  for (let place = 4; place < 1024; place++) {
    const changed = Buffer.from(whole);
    changed[place] = 0xff;
    t.notThrows(() => readElf((at, size) => changed.subarray(at, at + size)));
  }
});

for (const [what, type] of [
  ['libraries', 2],
  ['notes', 4],
] as const) {
  test(`a file that promises ${what} without end is not read without end`, (t) => {
    const program = promising(type);
    let bytes = 0;
    const { kind, needed } = readElf((at, size) => {
      const piece = program.subarray(at, at + size);
      bytes += piece.length;
      return piece;
    });
    t.is(kind, 'static');
    t.true(bytes < 1 << 22, `it has read ${bytes} bytes`);
    t.true(needed.join('').length < 1 << 21);
  });
}

/**
 * A static program with 1000 segments of this type, each of which is the same megabyte: of DT_NEEDED, whose names have no end
 * in the megabyte behind, or of empty notes.
 */
function promising(type: 2 | 4): Buffer {
  const [count, mega] = [1000, 1 << 20];
  const start = 64 + 56 * count;
  const file = Buffer.alloc(start + 2 * mega);
  file.write('\x7fELF\x02\x01', 'latin1');
  file.writeUInt16LE(62, 18);
  file.writeBigUInt64LE(64n, 32);
  file.writeUInt16LE(56, 54);
  file.writeUInt16LE(count, 56);
  for (let at = 64; at < start; at += 56) {
    file.writeUInt32LE(type, at);
    file.writeBigUInt64LE(BigInt(start), at + 8);
    file.writeBigUInt64LE(BigInt(mega), at + 32);
  }
  if (type === 4) return file;
  file.fill('A', start + mega);
  const entries = [5, start + mega, 10, mega, ...Array.from({ length: 4000 }, () => [1, 0]).flat()];
  for (const [i, word] of entries.entries()) file.writeBigUInt64LE(BigInt(word), start + 8 * i);
  return file;
}

test('a file that is not there is an error of open(2)', (t) => {
  t.throws(() => inspectElf('/nowhere'), { code: 'ENOENT' });
});

function fileWith(t: ExecutionContext, content: string): string {
  const path = join(temporaryFolder(t), 'file');
  writeFileSync(path, content);
  return path;
}
