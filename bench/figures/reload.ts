// Reload: changes the configuration while many sessions rest and one is busy. Warmline sets another keepalive on all of
// the live sessions and verifies it; HAProxy and nginx can't do that, they start processes that open one port more, and
// their live sessions stay in the old processes as they are.
import type { Figure } from '../figure.js';

export const reload: Figure = {
  name: 'reload',
  paths: ['warmline', 'haproxy', 'nginx'],
  metrics: [
    {
      key: 'time',
      label: 'retune or reload with live sessions',
      unit: 'ms',
      better: 'less',
      relayOnly: true,
    },
    {
      key: 'longest',
      label: 'longest round trip meanwhile',
      unit: 'ms',
      better: 'less',
      relayOnly: true,
    },
  ],
  measure: async ({ path, load }, { sessions }) => {
    if (!path.reload) throw new Error('this path can not reload');
    const holder = load.start({ figure: 'hold', port: path.ports.echo, connections: sessions });
    try {
      await holder.line(60_000);
      holder.say('busy');
      const time = await path.reload();
      holder.say('rest');
      const { longest } = JSON.parse(await holder.line());
      holder.say('check');
      const { alive } = JSON.parse(await holder.line(60_000));
      if (alive !== sessions) throw new Error(`reload: expected ${sessions} alive, got ${alive}`);
      return { time, longest };
    } finally {
      await holder.end();
    }
  },
};
