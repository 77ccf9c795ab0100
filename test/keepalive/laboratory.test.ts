// Laboratory: several stand side by side with the same addresses, and nothing is left of one, however its test ends.
import { readdirSync } from 'node:fs';
import { namespaceOf, startDoomed } from '../helpers/doomed_laboratory.js';
import { exchange, openLabSession, saw } from '../helpers/lab_session.js';
import { laboratoryNeeds, requires } from '../helpers/requires.js';
import { until } from '../helpers/waiting.js';

const test = requires(...laboratoryNeeds);

test('three laboratories at once do not see each other', async (t) => {
  const sessions = await Promise.all([1, 2, 3].map(() => openLabSession(t)));
  await Promise.all(sessions.map(({ peers }, index) => exchange(peers, 1000 * (index + 1))));
  t.deepEqual(
    sessions.map(({ peers }) => saw(peers.upstream).bytes),
    [1001, 2001, 3001],
  );
  sessions[0]?.laboratory.vanish('upstream');
  sessions[1]?.laboratory.forget();
  t.truthy(sessions[2]?.laboratory.remembersFor());
  sessions[2]?.peers.client.send(1);
  await sessions[2]?.peers.upstream.next('data', 3002);
});

test('a process that is killed leaves no namespace and no process of its laboratory', async (t) => {
  const { program, built } = await startDoomed(t);
  t.is(new Set(built.namespaces).size, 4);
  // Four holders, two captures, warmline and two peers.
  t.true(processesIn(built.namespaces) >= 9, `${processesIn(built.namespaces)} processes`);
  await program.stop('SIGKILL');
  await until('end of the laboratory', () => processesIn(built.namespaces) === 0);
  t.pass();
});

/** How many processes are in one of these network namespaces. A namespace without any, which has no name, is gone. */
function processesIn(namespaces: readonly string[]): number {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.filter((process) => {
    try {
      return namespaces.includes(namespaceOf(process));
    } catch {
      return false; // it has ended meanwhile
    }
  }).length;
}
