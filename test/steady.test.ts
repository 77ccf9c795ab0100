// Steady: what failed while the machine stood still is done again, and no other failure is forgiven.
import { execFileSync } from 'node:child_process';
import test, { type ExecutionContext } from 'ava';
import { onSteadyMachine, test as steadyTest } from './helpers/steady.js';

test.serial('what failed while the machine stood still is done again', async (t) => {
  const { passed, bodies } = await attempt(t, (inner, count) => {
    if (count === 1) standStill();
    inner.true(count === 2);
  });
  t.true(passed);
  t.is(bodies, 2);
});

test.serial('what always fails fails, however often the machine stands still', async (t) => {
  const { passed, bodies } = await attempt(t, (inner) => {
    standStill();
    inner.fail();
  });
  t.false(passed);
  t.is(bodies, 4);
});

// These two need a machine that goes on, and are themselves done again on one that does not.
steadyTest.serial('a failure on a machine that went on counts', async (t) => {
  t.deepEqual(await attempt(t, (inner) => inner.fail()), { passed: false, bodies: 1 });
});

steadyTest.serial('a program that is waited for is not a machine that stands still', async (t) => {
  const { passed, bodies } = await attempt(t, (inner) => {
    execFileSync('sleep', ['1']);
    inner.fail();
  });
  t.false(passed);
  t.is(bodies, 1);
});

/** What becomes of a test with such a body, and how often that was called. */
async function attempt(
  t: ExecutionContext,
  body: (inner: ExecutionContext, count: number) => unknown,
): Promise<{ passed: boolean; bodies: number }> {
  let bodies = 0;
  const { passed, discard } = await t.try(
    onSteadyMachine((inner) => {
      bodies += 1;
      body(inner, bodies);
    }),
  );
  discard();
  return { passed, bodies };
}

/** To a process it is the same whether all of the machine stops or the process alone. */
function standStill(): void {
  const stop = `kill -STOP ${process.pid}; sleep 1; kill -CONT ${process.pid}`;
  execFileSync('sh', ['-c', stop]);
}
