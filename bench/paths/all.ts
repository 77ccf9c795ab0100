// All: every path, in the order of the table.
import { direct } from './direct.js';
import { haproxy, haproxySplice } from './haproxy.js';
import { nginx } from './nginx.js';
import { nodePipe } from './node_pipe.js';
import type { Path } from './path.js';
import { warmline, warmlineEpoll } from './warmline.js';

export const allPaths: readonly Path[] = [
  direct,
  nodePipe,
  haproxy,
  haproxySplice,
  nginx,
  warmline,
  warmlineEpoll,
];
