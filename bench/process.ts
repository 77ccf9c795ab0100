// Process: what the kernel counts for another process, from proc_pid_stat(5) and proc_pid_status(5).
import { readFileSync } from 'node:fs';
import type { Bytes, Seconds } from '../src/units.js';

/** USER_HZ, the unit of /proc/PID/stat: 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** CPU time of all threads so far, in user space and in the kernel on its behalf; NaN without a process. */
export function cpuTime(pid: number | null): Seconds {
  if (pid === null) return Number.NaN;
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name may contain anything but ends with the last bracket; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** Resident memory (VmRSS); NaN without a process. */
export function residentMemory(pid: number | null): Bytes {
  if (pid === null) return Number.NaN;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(status.match(/^VmRSS:\s*(\d+) kB/m)?.[1]) * 1024;
}
