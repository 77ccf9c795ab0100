// ELF: what a program file tells of how it is started: by a dynamic linker or without one, for which machine, from Go or not
// (elf(5)). Reads only the headers that it needs, never runs the file.
import { closeSync, openSync, readSync } from 'node:fs';

/** What can be known of a program from its file. */
export interface ElfFile {
  /** `static` has no dynamic linker, and so no LD_PRELOAD; `notElf` is anything else, also a damaged ELF file. */
  readonly kind: 'dynamic' | 'static' | 'notElf';
  /** The dynamic linker, such as /lib64/ld-linux-x86-64.so.2; null without one. */
  readonly interpreter: string | null;
  /** Made by the Go compiler: its sockets are made without libc, even where the file is dynamic. */
  readonly isGo: boolean;
  /** As uname(1) names it, such as x86_64 or aarch64; `machine N` where the number has no name here, empty for `notElf`. */
  readonly machine: string;
  /** 32 or 64; 0 for `notElf`. */
  readonly bits: 32 | 64 | 0;
  /** Linked with musl instead of glibc. */
  readonly isMusl: boolean;
  /** The shared libraries that it asks for, such as libc.so.6. */
  readonly needed: readonly string[];
}

/** Returns up to `length` bytes of a file from `offset` on; fewer at its end. */
export type ReadAt = (offset: number, length: number) => Buffer;

/** Inspects a program file; throws as open(2) and read(2) do. Follows links, as exec does. */
export function inspectElf(path: string): ElfFile {
  const fd = openSync(path, 'r');
  try {
    return readElf((offset, length) => {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, readSync(fd, bytes, 0, length, offset));
    });
  } finally {
    closeSync(fd);
  }
}

/** The same for a file that is in memory, `readElf((offset, length) => bytes.subarray(offset, offset + length))`. */
export function readElf(read: ReadAt): ElfFile {
  const header = read(0, 64);
  if (header.length < 52 || header.readUInt32BE(0) !== 0x7f454c46) return notElf;
  try {
    return describe(new Image(header, read));
  } catch (error) {
    // A file that ends before what its header promises.
    if (error instanceof RangeError) return notElf;
    throw error;
  }
}

const notElf: ElfFile = {
  kind: 'notElf',
  interpreter: null,
  isGo: false,
  machine: '',
  bits: 0,
  isMusl: false,
  needed: [],
};

function describe(image: Image): ElfFile {
  const interpreter = image.interpreter();
  const needed = image.needed();
  return {
    kind: interpreter === null ? 'static' : 'dynamic',
    interpreter,
    isGo: image.isGo(),
    machine: machines[image.machine] ?? `machine ${image.machine}`,
    bits: image.bits,
    isMusl: [interpreter ?? '', ...needed].some((name) => /\bld-musl-|\blibc\.musl-/.test(name)),
    needed,
  };
}

/** e_machine of elf.h. */
const machines: Readonly<Record<number, string>> = {
  3: 'i386',
  8: 'mips',
  20: 'ppc',
  21: 'ppc64',
  22: 's390',
  40: 'arm',
  62: 'x86_64',
  183: 'aarch64',
  243: 'riscv',
  258: 'loongarch',
};

/** A program header. */
interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly size: number;
}

const load = 1;
const dynamic = 2;
const interpreterPath = 3;
const note = 4;

/** More than any program has; what a damaged header promises is not believed. The file may be anybody's. */
const most = { bytes: 1 << 20, notes: 16, noteBytes: 1 << 16, needed: 4096, nameBytes: 256 };

/** An ELF file of either word size and byte order. */
class Image {
  readonly bits: 32 | 64;
  readonly machine: number;
  readonly #little: boolean;
  readonly #read: ReadAt;
  readonly #segments: readonly Segment[];

  constructor(header: Buffer, read: ReadAt) {
    this.bits = header[4] === 2 ? 64 : 32;
    this.#little = header[5] !== 2;
    this.#read = read;
    this.machine = this.#number(header, 18, 2);
    this.#segments = this.#readSegments(header);
  }

  interpreter(): string | null {
    const segment = this.#segments.find(({ type }) => type === interpreterPath);
    return segment === undefined ? null : textAt(this.#bytes(segment), 0);
  }

  needed(): string[] {
    const entries = this.#dynamicEntries();
    const lookUp = (wanted: number) => entries.find(({ tag }) => tag === wanted)?.value ?? 0;
    // DT_STRTAB: where the names stand.
    const names = this.#offsetOf(lookUp(5));
    return entries
      .filter(({ tag }) => tag === 1)
      .slice(0, most.needed)
      .map(({ value }) => textAt(this.#read(names + value, most.nameBytes), 0));
  }

  /** The linker of Go leaves a note of its own, which strip(1) keeps. */
  isGo(): boolean {
    const notes = this.#segments.filter(({ type }) => type === note).slice(0, most.notes);
    return notes
      .map((segment) => this.#bytes(segment, most.noteBytes))
      .some((bytes) => this.#noteNames(bytes).includes('Go'));
  }

  /** Each note is two sizes, a type, a name and a description, both padded to words of four bytes. */
  #noteNames(bytes: Buffer): string[] {
    const names: string[] = [];
    for (let at = 0; at + 12 <= bytes.length; ) {
      const [nameSize, textSize] = [this.#number(bytes, at, 4), this.#number(bytes, at + 4, 4)];
      names.push(textAt(bytes.subarray(at + 12, at + 12 + nameSize), 0));
      at += 12 + padded(nameSize) + padded(textSize);
    }
    return names;
  }

  #readSegments(header: Buffer): Segment[] {
    const [at, sizeAt] = this.bits === 64 ? [32, 54] : [28, 42];
    const size = this.#number(header, sizeAt, 2);
    const count = this.#number(header, sizeAt + 2, 2);
    const bytes = this.#read(this.#word(header, at), Math.min(size * count, most.bytes));
    return Array.from({ length: count }, (_, i) => this.#segment(bytes.subarray(i * size)));
  }

  #segment(bytes: Buffer): Segment {
    const [offset, address, size] = this.bits === 64 ? [8, 16, 32] : [4, 8, 16];
    return {
      type: this.#number(bytes, 0, 4),
      offset: this.#word(bytes, offset),
      address: this.#word(bytes, address),
      size: this.#word(bytes, size),
    };
  }

  #dynamicEntries(): { tag: number; value: number }[] {
    const segment = this.#segments.find(({ type }) => type === dynamic);
    if (segment === undefined) return [];
    const bytes = this.#bytes(segment);
    const word = this.bits / 8;
    return Array.from({ length: Math.floor(bytes.length / (2 * word)) }, (_, i) => ({
      tag: this.#word(bytes, 2 * word * i),
      value: this.#word(bytes, 2 * word * i + word),
    }));
  }

  /** Where in the file an address of the running program stands. */
  #offsetOf(address: number): number {
    const home = this.#segments.find(
      (each) => each.type === load && address >= each.address && address < each.address + each.size,
    );
    return home === undefined ? address : address - home.address + home.offset;
  }

  #bytes({ offset, size }: Segment, limit = most.bytes): Buffer {
    return this.#read(offset, Math.min(size, limit));
  }

  #word(bytes: Buffer, offset: number): number {
    return this.#number(bytes, offset, this.bits === 64 ? 8 : 4);
  }

  /** Throws a RangeError where the bytes end before. */
  #number(bytes: Buffer, offset: number, size: 2 | 4 | 8): number {
    if (size === 8) {
      return Number(this.#little ? bytes.readBigUInt64LE(offset) : bytes.readBigUInt64BE(offset));
    }
    return this.#little ? bytes.readUIntLE(offset, size) : bytes.readUIntBE(offset, size);
  }
}

function padded(size: number): number {
  return Math.ceil(size / 4) * 4;
}

function textAt(bytes: Buffer, offset: number): string {
  const end = bytes.indexOf(0, offset);
  return bytes.toString('utf8', offset, end === -1 ? bytes.length : end);
}
