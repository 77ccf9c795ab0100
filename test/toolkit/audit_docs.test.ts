// Audit, docs: the page lists every key of the document, and no other.
import test from 'ava';
import { auditSelf, connectPair } from '../helpers/audited.js';
import { readTable, readText } from '../helpers/repository.js';

const page = readText('docs/toolkit/audit.md');

test.serial('docs/toolkit/audit.md has every key of the JSON document', async (t) => {
  await connectPair(t);
  const report = auditSelf();
  const [connection, listener, program] = [
    report.connections[0],
    report.listeners[0],
    report.programs[0],
  ];
  if (!connection || !listener || !program) throw new Error('nothing was audited');
  for (const [table, keys] of [
    ['key', report],
    ['connection', connection],
    ['listener', listener],
    ['program', program],
    ['count', report.summary],
  ] as const) {
    const documented = readTable(page, table).flatMap(([names = []]) => names);
    t.deepEqual(documented.sort(), Object.keys(keys).sort(), table);
  }
});
