// Process: what the kernel counts for another process, from proc_pid_status(5) and proc_pid_task(5).
import { readdirSync, readFileSync } from 'node:fs';
import type { Bytes } from '../src/units.js';

/** Resident memory (VmRSS) of these processes together. */
export function residentMemory(pids: readonly number[]): Bytes {
  return sum(pids.map((pid) => statusField(`/proc/${pid}/status`, 'VmRSS') * 1024));
}

/** How often any thread of these processes has gone to sleep, and so was woken again. */
export function sleeps(pids: readonly number[]): number {
  const statuses = pids.flatMap((pid) => threadsOf(pid).map((task) => `${task}/status`));
  return sum(statuses.map((file) => statusField(file, 'voluntary_ctxt_switches')));
}

/** CPU time of all threads of these processes, in seconds. */
export function cpuTime(pids: readonly number[]): number {
  // The first number of schedstat is the time on the CPU in nanoseconds: sched-stats.rst.
  const times = pids
    .flatMap(threadsOf)
    .map((task) => Number(readFileSync(`${task}/schedstat`, 'utf8').split(' ')[0]) / 1e9);
  return sum(times);
}

/** The processes that a process has started and that live; none when it is gone itself. */
export function childrenOf(pid: number): number[] {
  try {
    const tasks = threadsOf(pid).map((task) => readFileSync(`${task}/children`, 'utf8'));
    return tasks.flatMap((children) => children.trim().split(' ').filter(Boolean).map(Number));
  } catch {
    return [];
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
}

function statusField(file: string, name: string): number {
  return Number(readFileSync(file, 'utf8').match(new RegExp(`^${name}:\\s*(\\d+)`, 'm'))?.[1]);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
