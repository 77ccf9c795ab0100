// Checks: what warmline uses of the kernel, tried one by one, and what it means where it is not to be had.
import { release } from 'node:os';
import { loadAddon, type NativeAddon } from '../../engine/addon.js';
import type { EffectiveKeepalive, EngineKeepalive } from '../../engine/contract.js';
import { Engine } from '../../engine/engine.js';
import { errnoName } from '../../engine/errno.js';
import type { KernelSupport } from '../../engine/kernel_calls.js';
import { WarmlineError } from '../../errors.js';
import { builtInKeepalive, patience } from '../../keepalive/policy.js';
import { getKeepaliveOrThrow, setKeepaliveOrThrow } from '../../sockets/tcp_socket.js';
import { openLoopback } from './loopback.js';

/** One socket, before and after the options are set. */
export interface SocketTrial {
  readonly before: EffectiveKeepalive;
  readonly asked: EngineKeepalive;
  /** null: the kernel refused one of them. */
  readonly after: EffectiveKeepalive | null;
}

export type CheckName =
  | 'keepalive'
  | 'tcpInfo'
  | 'splice'
  | 'sockDiag'
  | 'pidfdGetfd'
  | 'rtoMax'
  | 'ioUring';

export interface Check {
  readonly name: CheckName;
  readonly ok: boolean;
  /** Whether the relay can't do without. */
  readonly needed: boolean;
  /** What the try gave: the name of an errno, or a few words. */
  readonly got: string;
  /** What it is for, or what is lost. */
  readonly means: string;
}

export interface KernelChecks {
  /** Its release, as uname(1) has it. */
  readonly kernel: string;
  readonly socket: SocketTrial;
  readonly checks: readonly Check[];
}

/** Whether the relay can run here. */
export function areNeedsMet(checks: readonly Check[]): boolean {
  return checks.every(({ ok, needed }) => ok || !needed);
}

/** Tries everything on a loopback connection of its own. */
export async function checkKernel(addon: NativeAddon = loadAddon()): Promise<KernelChecks> {
  const end = await openLoopback();
  try {
    const support = addon.kernelSupport(end.fd);
    const { trial, check } = tryKeepalive(addon, end.fd);
    const checks = [check, ...supportChecks(support), tryIoUring(addon)];
    return { kernel: release(), socket: trial, checks };
  } finally {
    end.close();
  }
}

function tryKeepalive(addon: NativeAddon, fd: number): { trial: SocketTrial; check: Check } {
  const before = getKeepaliveOrThrow(addon, fd);
  const asked = { ...builtInKeepalive, userTimeout: patience(builtInKeepalive) };
  try {
    const after = setKeepaliveOrThrow(addon, fd, asked);
    const check = { ...tell('keepalive', true), got: 'read back' };
    return { trial: { before, asked, after }, check };
  } catch (error) {
    if (!(error instanceof WarmlineError)) throw error;
    const check = { ...tell('keepalive', false), got: error.message };
    return { trial: { before, asked, after: null }, check };
  }
}

function tryIoUring(addon: NativeAddon): Check {
  try {
    new Engine(addon, { workers: 1, backEnd: 'io_uring' }).close();
    return { ...tell('ioUring', true), got: 'a ring' };
  } catch (error) {
    if (!(error instanceof WarmlineError)) throw error;
    const { errno = 0 } = error.cause as NodeJS.ErrnoException;
    return { ...tell('ioUring', false), got: errnoName(errno) };
  }
}

function supportChecks(support: KernelSupport): Check[] {
  const { tcpInfoBytes, tcpInfoMissing, splice, sockDiag, pidfdGetfd, rtoMax } = support;
  const isWhole = tcpInfoMissing.length === 0;
  const got = `${tcpInfoBytes} bytes${isWhole ? '' : `, no ${tcpInfoMissing.join(', ')}`}`;
  return [
    { ...tell('tcpInfo', isWhole), got },
    byErrno('splice', splice),
    byErrno('sockDiag', sockDiag),
    byErrno('pidfdGetfd', pidfdGetfd),
    byErrno('rtoMax', rtoMax),
  ];
}

function byErrno(name: CheckName, errno: number): Check {
  return { ...tell(name, errno === 0), got: errno === 0 ? 'tried' : errnoName(errno) };
}

function tell(name: CheckName, ok: boolean): Omit<Check, 'got'> {
  const { needed, there, missing } = meanings[name];
  return { name, ok, needed, means: ok ? there : missing };
}

interface Meaning {
  readonly needed: boolean;
  readonly there: string;
  readonly missing: string;
}

const meanings: Readonly<Record<CheckName, Meaning>> = {
  keepalive: {
    needed: true,
    there: 'idle, interval, count and user timeout are taken as asked',
    missing: 'the kernel does not do what warmline is for; is this a sandbox?',
  },
  tcpInfo: {
    needed: true,
    there: 'every field by which a death is explained and a slow peer told from a dead one',
    missing: 'a slow peer can not be told from a dead one; it takes Linux 5.4',
  },
  splice: {
    needed: true,
    there: 'bulk data is relayed without being copied',
    missing: 'bulk data can not be relayed; is this a sandbox?',
  },
  sockDiag: {
    needed: false,
    there: 'audit sees all connections of this network namespace',
    missing: 'audit can not list connections; the relay does not need it',
  },
  pidfdGetfd: {
    needed: false,
    there: 'audit can read the values that other processes have set, with permission',
    missing: 'audit does not see the values that other processes have set; it takes Linux 5.6',
  },
  rtoMax: {
    needed: false,
    there: 'a slow peer whose path was lost for a while is heard again soon after',
    missing:
      'a slow peer whose path was lost is heard again up to 2 minutes late; it takes Linux 6.15',
  },
  ioUring: {
    needed: false,
    there: 'small messages are moved together',
    missing: 'small messages are moved by a system call each, a little slower',
  },
};
