// Idle: what many sessions cost that have exchanged one message and then rest, and how long it takes to reset them when
// their upstream dies. What the kernel holds for the sockets is not in it; that is the same for every relay.
import { setTimeout as after } from 'node:timers/promises';
import type { Milliseconds } from '../../src/units.js';
import type { Child } from '../children.js';
import type { Extent, Figure, Subject } from '../figure.js';
import { cpuTime, residentMemory, sleeps } from '../process.js';

/**
 * What has just been done is finished first: V8 collects its garbage once, 6 s after a start, and HAProxy looks at every
 * session's timer once, when the 10 s of its connect timeout are over.
 */
const settling: Milliseconds = 15_000;

export const idle: Figure = {
  name: 'idle',
  metrics: [
    {
      key: 'memory',
      label: 'idle sessions, memory',
      unit: 'B each',
      better: 'less',
      relayOnly: true,
    },
    { key: 'cpu', label: 'idle sessions, CPU', unit: 'ms/min', better: 'less', relayOnly: true },
    {
      key: 'sleeps',
      label: 'idle sessions, wake-ups',
      unit: '1/s',
      better: 'less',
      relayOnly: true,
    },
    {
      key: 'sleepsWithout',
      label: 'no sessions, wake-ups',
      unit: '1/s',
      better: 'less',
      relayOnly: true,
    },
    { key: 'reset', label: 'idle sessions, until all are reset', unit: 'ms', better: 'less' },
  ],
  measure: async (subject, extent) => {
    const { path, load } = subject;
    // The start is over by then, and V8's collection is still to come.
    await after(Math.min(500, extent.rest));
    const without = await rest(path.pids, extent.rest / 2);
    const before = residentMemory(path.pids);
    const connections = extent.sessions;
    const holder = load.start({ figure: 'hold', port: path.ports.echo, connections });
    try {
      await holder.line(60_000);
      const memory = (residentMemory(path.pids) - before) / connections;
      await after(Math.min(settling, extent.rest * 3));
      const { cpu, sleeps } = await rest(path.pids, extent.rest);
      const reset = await resetAll(subject, holder);
      return { memory, cpu, sleeps, sleepsWithout: without.sleeps, reset };
    } finally {
      await holder.end();
    }
  },
};

/** What these processes do while nothing is asked of them. */
async function rest(pids: readonly number[], milliseconds: Extent['rest']) {
  const [start, cpuBefore, sleepsBefore] = [performance.now(), cpuTime(pids), sleeps(pids)];
  await after(milliseconds);
  const seconds = (performance.now() - start) / 1000;
  return {
    cpu: ((cpuTime(pids) - cpuBefore) * 60_000) / seconds,
    sleeps: (sleeps(pids) - sleepsBefore) / seconds,
  };
}

async function resetAll({ load }: Subject, holder: Child): Promise<number> {
  holder.say('end');
  load.upstream.say('reset');
  const { milliseconds } = JSON.parse(await holder.line(40_000));
  return milliseconds;
}
