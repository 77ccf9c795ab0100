// All: every figure, in the order in which they are printed.
import type { Figure } from '../figure.js';
import { bothWays, bulk } from './bulk.js';
import { connects } from './connects.js';
import { idle } from './idle.js';
import { messages } from './messages.js';
import { reload } from './reload.js';

export const figures: readonly Figure[] = [
  bulk(1),
  bulk(16),
  bothWays(16),
  messages(1),
  messages(50),
  messages(500),
  connects(),
  connects({ logged: true }),
  idle,
  reload,
  messages(50, 2),
  bulk(16, 2),
  connects({ workers: 2 }),
];
