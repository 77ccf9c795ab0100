// Connects: connections a second that each carry one 64-byte request and its answer and are then closed by the client.
import type { Figure } from '../figure.js';
import { withWorkers } from './wording.js';

/** At a time. */
const connections = 32;

/** Of warmline alone when its sessions are logged, which it does by default and the others are kept from. */
export function connects(settings: { workers?: number; logged?: boolean } = {}): Figure {
  const { suffix, words } = withWorkers(settings.workers);
  const label = `connect, 64 B, close${words}${settings.logged ? ', sessions logged' : ''}`;
  return {
    name: `connects${suffix}${settings.logged ? '-logged' : ''}`,
    settings,
    ...(settings.logged && { paths: ['warmline'] }),
    metrics: [
      { key: 'rate', label, unit: '1/s', better: 'more' },
      { key: 'cpu', label: `${label}, CPU`, unit: 'µs each', better: 'less', relayOnly: true },
    ],
    measure: async ({ path, load }, extent) => {
      const drive = { figure: 'connects', port: path.ports.echo, connections } as const;
      const numbers = await load.drive({ ...drive, watch: path.pids }, extent);
      const { seconds = 0, cpuSeconds = 0, count = 0 } = numbers;
      return { rate: count / seconds, cpu: (cpuSeconds * 1e6) / count };
    },
  };
}
