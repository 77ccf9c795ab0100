// Processes: who has which socket, after /proc/PID/fd (proc(5)). Processes that vanish meanwhile are none; those that may not
// be looked into are counted, never guessed at.
import { existsSync, readdirSync, readlinkSync } from 'node:fs';

/** A process and its descriptor of a socket. */
export interface Holder {
  readonly pid: number;
  readonly fd: number;
}

export interface SocketHolders {
  /** By the socket's inode, the processes in the order of their ids; a socket may have several, and duplicates of one. */
  readonly holders: ReadonlyMap<number, readonly Holder[]>;
  /** Processes whose descriptors we may not list; null: /proc shows none of others, so nobody can count them. */
  readonly hidden: number | null;
  /** Processes of another network namespace than the one that is listed, as far as we may know. */
  readonly elsewhere: number;
}

/** More descriptors than this are not looked at in one process. */
const mostFds = 1_000_000;

/** Looks into every process, or into those of `only`. */
export function findHolders(proc: string, only?: ReadonlySet<number>): SocketHolders {
  const holders = new Map<number, Holder[]>();
  const home = listedNamespace(proc, only);
  let hidden = 0;
  let elsewhere = 0;
  for (const pid of only ?? processIds(proc)) {
    const fds = listFds(proc, pid);
    if (fds === 'hidden') hidden += 1;
    else addSockets(holders, pid, fds);
    const namespace = namespaceOf(proc, pid);
    if (namespace !== undefined && namespace !== home) elsewhere += 1;
  }
  const isCounted = only !== undefined || !hidesOthers(proc);
  return { holders, hidden: isCounted ? hidden : null, elsewhere };
}

/** Whether /proc shows no processes of others (hidepid in proc(5)): the first one is always there, and it is root's. */
export function hidesOthers(proc: string): boolean {
  return !existsSync(`${proc}/1`);
}

/** That of the first process that was asked for, as resolveScope() takes it; ours where that may not be known. */
function listedNamespace(proc: string, only?: ReadonlySet<number>): string | undefined {
  const [first = 'self'] = only ?? [];
  return namespaceOf(proc, first) ?? namespaceOf(proc, 'self');
}

/** The ids of the processes, ascending. */
export function processIds(proc: string): number[] {
  return readdirSync(proc)
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .sort((one, other) => one - other);
}

/** The network namespace of a process, as 'net:[4026531840]'; undefined when it is gone or may not be looked into. */
export function namespaceOf(proc: string, pid: number | 'self'): string | undefined {
  return readLink(`${proc}/${pid}/ns/net`);
}

interface OpenFd {
  readonly fd: number;
  readonly target: string;
}

function listFds(proc: string, pid: number): OpenFd[] | 'hidden' {
  const folder = `${proc}/${pid}/fd`;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    return isRefusal(error) ? 'hidden' : [];
  }
  return names.slice(0, mostFds).map((name) => ({
    fd: Number(name),
    target: readLink(`${folder}/${name}`) ?? '',
  }));
}

function addSockets(holders: Map<number, Holder[]>, pid: number, fds: readonly OpenFd[]): void {
  for (const { fd, target } of fds) {
    const [, inode] = /^socket:\[([0-9]+)\]$/.exec(target) ?? [];
    if (inode === undefined) continue;
    const others = holders.get(Number(inode));
    if (others === undefined) holders.set(Number(inode), [{ pid, fd }]);
    else others.push({ pid, fd });
  }
}

function readLink(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function isRefusal(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM';
}
