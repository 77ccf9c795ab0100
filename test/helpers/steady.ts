// Steady: a machine that stands still, throttled or overcommitted, keeps no time: its kernel's timers go on while no
// program runs. A test that has failed on one while it stood still has shown nothing, and is done again.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import avaTest, { type ExecutionContext } from 'ava';
import type { Milliseconds } from '../../src/units.js';

type Body = (t: ExecutionContext) => Promise<void> | void;

/** How often a test is done at most; the last failure counts, whatever the machine did. */
const attempts = 4;
/** Any less is what a busy machine does. */
const significant: Milliseconds = 500;
/** What an attempt may take. */
const patience: Milliseconds = 300_000;

export type Declare = (title: string, body: Body) => void;

/** Declares tests of programs and connections: of what the kernel's timers, and limits for waiting, have a part in. */
export const test: Declare & { readonly serial: Declare } = Object.assign(
  (title: string, body: Body) => avaTest(title, onSteadyMachine(body)),
  { serial: (title: string, body: Body) => avaTest.serial(title, onSteadyMachine(body)) },
);

/** The body of such a test, made so that it can be done again. */
export function onSteadyMachine(body: Body): Body {
  return async (t) => {
    for (let left = attempts - 1; ; left--) {
      const before = stoodStill();
      const attempt = await t.try(body);
      const still = stoodStill() - before;
      if (attempt.passed || still < significant || left === 0) {
        attempt.commit();
        return;
      }
      attempt.discard();
      t.log(`done again: failed while the machine stood still for ${still} ms`, attempt.errors);
      t.timeout(patience);
    }
  };
}

/** How long this machine has stood still since this module was loaded, all in all. */
function stoodStill(): Milliseconds {
  const [lastBeat, still] = [Atomics.load(pulse, 0), Atomics.load(pulse, 1)];
  const silent = process.hrtime.bigint() / 1_000_000n - lastBeat;
  return Number(still + (silent > significant ? silent : 0n));
}

// A thread's, for that of the tests waits for the programs that it runs.
const beat = `
  const { workerData: pulse } = require('node:worker_threads');
  const now = () => process.hrtime.bigint() / 1_000_000n;
  setInterval(() => {
    const silent = now() - Atomics.exchange(pulse, 0, now());
    if (silent > ${significant}) Atomics.add(pulse, 1, silent);
  }, 50);
`;

/** The last beat and how long there was none when one was due, in milliseconds. */
const pulse = new BigInt64Array(new SharedArrayBuffer(16));
pulse[0] = process.hrtime.bigint() / 1_000_000n;
const heart = new Worker(beat, { eval: true, workerData: pulse });
// So that a test that counts its descriptors finds those of the thread before it as well.
await once(heart, 'online');
heart.unref();
