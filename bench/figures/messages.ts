// Messages: 64-byte round trips, each connection sending its next message when the last has come back.
import type { Figure } from '../figure.js';
import { withWorkers } from './wording.js';

export function messages(connections: number, workers?: number): Figure {
  const { suffix, words } = withWorkers(workers);
  const label = `64 B round trips at ${connections}${words}`;
  return {
    name: `messages-${connections}${suffix}`,
    ...(workers && { settings: { workers } }),
    metrics: [
      { key: 'rate', label, unit: '1/s', better: 'more' },
      { key: 'p50', label: `${label}, p50`, unit: 'µs', better: 'less' },
      { key: 'p99', label: `${label}, p99`, unit: 'µs', better: 'less' },
      { key: 'p999', label: `${label}, p99.9`, unit: 'µs', better: 'less' },
      { key: 'cpu', label: `${label}, CPU`, unit: 'µs each', better: 'less', relayOnly: true },
    ],
    measure: async ({ path, load }, extent) => {
      const drive = { figure: 'messages', port: path.ports.echo, connections } as const;
      const numbers = await load.drive({ ...drive, watch: path.pids }, extent);
      const { seconds = 0, cpuSeconds = 0, count = 0, ...latency } = numbers;
      return { ...latency, rate: count / seconds, cpu: (cpuSeconds * 1e6) / count };
    },
  };
}
