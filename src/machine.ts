// Machine: what this machine and process offer. The only place that asks them; everything else is handed the answers.
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

export interface Machine {
  /** CPUs that the process may use. */
  cpus(): number;
  /** File descriptors that the process has open; undefined where there is no /proc, as in a bare chroot. */
  openFds(): number | undefined;
  /** The longest queue of new connections that the kernel allows, net.core.somaxconn; undefined when it is not told. */
  somaxconn(): number | undefined;
}

export const thisMachine: Machine = {
  cpus: availableParallelism,
  openFds() {
    try {
      return readdirSync('/proc/self/fd').length;
    } catch {
      return undefined;
    }
  },
  somaxconn() {
    try {
      return Number(readFileSync('/proc/sys/net/core/somaxconn', 'utf8'));
    } catch {
      return undefined;
    }
  },
};
