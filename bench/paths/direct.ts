// Direct: nothing in between.
import type { Path } from './path.js';

export const direct: Path = {
  name: 'direct',
  version: () => 'nothing in between',
  open: async (ports) => ({ ports, pids: [], close: async () => {} }),
};
