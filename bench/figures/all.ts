// All: every figure, in the order in which they are printed.
import type { Figure } from '../figure.js';
import { bulkMany, bulkOne } from './bulk.js';
import { connects } from './connects.js';
import { idle } from './idle.js';
import { messagesMany, messagesOne } from './messages.js';

export const figures: readonly Figure[] = [
  bulkOne,
  bulkMany,
  messagesOne,
  messagesMany,
  connects,
  idle,
];
