// KernelCalls: what the running kernel, and a sandbox around it, let us use. Its other half is native/addon/kernel_calls.cc; a
// change here is a change there.
import type { Bytes } from '../units.js';

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

export interface KernelCalls {
  /** Tries each; `fd` is a TCP socket with nothing to be read. */
  kernelSupport(fd: number): KernelSupport;
}
