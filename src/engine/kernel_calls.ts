// KernelCalls: what the running kernel, and a sandbox around it, let us use, and execve(2), which Node does not have. Its other
// half is native/addon/kernel_calls.cc; a change here is a change there.
import type { Bytes } from '../units.js';
import type { EngineFailure } from './contract.js';

/** An errno is 0 where the thing is supported, else what the try gave. */
export interface KernelSupport {
  /** How much of TCP_INFO the kernel fills; 0 when it refuses it. */
  readonly tcpInfoBytes: Bytes;
  /** The fields that warmline reads and that this kernel does not fill. */
  readonly tcpInfoMissing: readonly string[];
  /** errno of TCP_RTO_MAX_MS. */
  readonly rtoMax: number;
  /** errno of splice(2) from a socket. */
  readonly splice: number;
  /** errno of pidfd_getfd(2). */
  readonly pidfdGetfd: number;
  /** errno of sock_diag(7). */
  readonly sockDiag: number;
}

/** What stands in the place of this process from then on. */
export interface Program {
  /** The file; not searched for. */
  readonly path: string;
  /** argv: the name that it is called by, then its arguments, as bytes without the ending NUL. */
  readonly words: readonly Uint8Array[];
  /** NAME=value, over what the environment has. */
  readonly variables: readonly string[];
  /** So many descriptors from 3 on stay open, beside the standard streams. */
  readonly keptFds: number;
}

export interface KernelCalls {
  /** Tries each; `fd` is a TCP socket with nothing to be read. */
  kernelSupport(fd: number): KernelSupport;
  /** Returns only when it fails, and then this process should end: its signals have their default actions. */
  exec(program: Program): EngineFailure;
}
