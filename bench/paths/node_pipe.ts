// Node pipe: the relay that one would write in a minute, roles/node_pipe.ts.
import { fileURLToPath } from 'node:url';
import { startChild } from '../children.js';
import type { Path } from './path.js';

const program = fileURLToPath(new URL('../roles/node_pipe.js', import.meta.url));

export const nodePipe: Path = {
  name: 'node pipe',
  version: () => process.version,
  open: async (upstream, { cores }) => {
    const child = startChild([process.execPath, program, JSON.stringify(upstream)], { cores });
    const ports = JSON.parse(await child.line());
    return { ports, pids: [child.pid], close: () => child.end() };
  },
};
