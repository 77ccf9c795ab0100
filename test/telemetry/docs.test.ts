// docs/logs.md names every event, every field and every close reason, and no other.
import test from 'ava';
import { closeReasons } from '../../src/engine/codes.js';
import { logFields } from '../../src/telemetry/fields.js';
import { readTable, readText } from '../helpers/repository.js';

const page = readText('docs/logs.md');
const [events = '', reasons = ''] = page.split('\n## Close reasons\n');
const sections = events
  .split(/^### /m)
  .slice(1)
  .map((section) => {
    const [, name = ''] = /^`(\w+)`/.exec(section) ?? [];
    const fields = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, field]) => field ?? '');
    return [name, fields] as const;
  });

test('the page has a section for each event, in the order of the list', (t) => {
  t.deepEqual(
    sections.map(([name]) => name),
    Object.keys(logFields),
  );
});

for (const [event, fields] of Object.entries(logFields)) {
  test(`the section of ${event} has a row for each field, in the order of the list`, (t) => {
    t.deepEqual(new Map(sections).get(event), [...fields]);
  });
}

test('the page has each close reason once', (t) => {
  const named = readTable(reasons, 'reason').flatMap(([names = []]) => names);
  t.deepEqual(named.sort(), [...closeReasons].sort());
});
