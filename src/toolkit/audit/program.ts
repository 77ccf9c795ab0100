// Program: what a process is: its name, its file, its words and its container. What may not be read is null.
import { readFileSync, readlinkSync } from 'node:fs';
import { inspectElf } from '../elf.js';
import { printable } from '../printable.js';

/** How a program reaches libc, and so whether a preloaded library can do anything for it. */
export type Linkage = 'dynamic' | 'static' | 'go' | 'unknown';

export interface Program {
  readonly pid: number;
  /** /proc/PID/comm: the name of the file, or what the process calls itself, at most 15 characters. */
  readonly name: string;
  /** The file; null when we may not know, or it is a kernel thread. */
  readonly exe: string | null;
  /** Its words, empty when it has hidden or lost them. */
  readonly words: readonly string[];
  /** The id of its container, 64 hexadecimal digits, by its control group. */
  readonly container: string | null;
  readonly linkage: Linkage;
}

/** Reads what is known of a process; undefined when it is gone. It may call itself anything, and is told as printable. */
export function readProgram(proc: string, pid: number): Program | undefined {
  const name = readText(`${proc}/${pid}/comm`);
  if (name === undefined) return undefined;
  const words = (readText(`${proc}/${pid}/cmdline`) ?? '').split('\0').map(printable);
  return {
    pid,
    name: printable(name.trimEnd()),
    exe: readExe(proc, pid),
    words: words.filter((word) => word !== ''),
    container: readContainer(proc, pid),
    linkage: linkageOf(`${proc}/${pid}/exe`),
  };
}

/** The id of the container that a process is in, if any. */
export function readContainer(proc: string, pid: number): string | null {
  return containerOf(readText(`${proc}/${pid}/cgroup`) ?? '');
}

/**
 * The id in a line of /proc/PID/cgroup: docker-ID.scope, cri-containerd-ID.scope, libpod-ID.scope or /docker/ID. The monitor
 * that Podman and CRI-O start for each container, libpod-conmon-ID.scope, is not in it, and has the machine's namespaces.
 */
export function containerOf(cgroup: string): string | null {
  return /(?:^|[/:]|(?<!conmon)-)([0-9a-f]{64})(?:\.scope)?(?:\/|$)/m.exec(cgroup)?.[1] ?? null;
}

/** A file that was replaced by an update stays the process's own; the kernel marks it. */
function readExe(proc: string, pid: number): string | null {
  try {
    return printable(readlinkSync(`${proc}/${pid}/exe`).replace(/ \(deleted\)$/, ''));
  } catch {
    return null;
  }
}

/** Through /proc, which leads to the file also from another mount namespace and after it was replaced. */
function linkageOf(path: string): Linkage {
  try {
    const { kind, isGo } = inspectElf(path);
    if (isGo) return 'go';
    return kind === 'notElf' ? 'unknown' : kind;
  } catch {
    return 'unknown';
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
