// All: every path, in the order of the table.
import { direct } from './direct.js';
import { haproxy, haproxySplice } from './haproxy.js';
import { nginx } from './nginx.js';
import { nodePipe } from './node_pipe.js';
import type { Path } from './path.js';
import { warmlinePath } from './warmline.js';

/** With one warmline for each engine named, or one that chooses for itself. */
export function allPaths(engines: readonly string[]): readonly Path[] {
  const warmlines =
    engines.length > 1
      ? engines.map((engine) => warmlinePath(engine, `warmline ${engine}`))
      : [warmlinePath(engines[0])];
  return [direct, nodePipe, haproxy, haproxySplice, nginx, ...warmlines];
}
