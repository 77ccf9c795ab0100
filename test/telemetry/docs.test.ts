// docs/logs.md names every event and every field, and no other.
import test from 'ava';
import { logFields } from '../../src/telemetry/fields.js';
import { readText } from '../helpers/repository.js';

const sections = readText('docs/logs.md')
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
