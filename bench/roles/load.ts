// Load: the process that puts load on a target. It is asked for one figure at a time over its IPC channel.

import type { Seconds } from '../../src/units.js';
import type { Target } from '../figure.js';
import { figures } from '../figures/all.js';

export interface LoadRequest {
  readonly figure: string;
  readonly target: Target;
  readonly seconds: Seconds;
}

process.on('message', ({ figure, target, seconds }: LoadRequest) => {
  const asked = figures.find(({ name }) => name === figure);
  asked?.load(target, seconds).then((values) => process.send?.(values));
});

process.on('disconnect', () => process.exit());
process.send?.('ready');
