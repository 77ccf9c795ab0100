// Bulk: bytes a second over one and over many connections, one way and both ways at once.
import type { Figure } from '../figure.js';
import { atConnections, withWorkers } from './wording.js';

/** From the upstream to the client. */
export function bulk(connections: number, workers?: number): Figure {
  const { suffix, words } = withWorkers(workers);
  return {
    name: `bulk-${connections}${suffix}`,
    ...(workers && { settings: { workers } }),
    metrics: metricsOf(`bulk, ${atConnections(connections)}${words}`),
    measure: async ({ path, load }, extent) => {
      const port = path.ports.source;
      return rates(
        await load.drive({ figure: 'bulk', port, connections, watch: path.pids }, extent),
      );
    },
  };
}

/** The sum of both directions. */
export function bothWays(connections: number): Figure {
  return {
    name: `both-ways-${connections}`,
    metrics: metricsOf(`both ways at once, ${atConnections(connections)}`),
    measure: async ({ path, load }, extent) => {
      const port = path.ports.bothWays;
      return rates(
        await load.drive({ figure: 'both-ways', port, connections, watch: path.pids }, extent),
      );
    },
  };
}

function metricsOf(label: string): Figure['metrics'] {
  return [
    { key: 'rate', label, unit: 'MB/s', better: 'more' },
    { key: 'cpu', label: `${label}, CPU`, unit: 's/GB', better: 'less', relayOnly: true },
  ];
}

function rates(numbers: Readonly<Record<string, number>>): Record<string, number> {
  const { seconds = 0, cpuSeconds = 0, received = 0, sent = 0 } = numbers;
  const bytes = received + sent;
  return { rate: bytes / seconds / 1e6, cpu: cpuSeconds / (bytes / 1e9) };
}
