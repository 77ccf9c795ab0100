// Presets: the table of middleboxes holds numbers that an intent may have.
import test from 'ava';
import { intentRanges } from '../../src/keepalive/intent.js';
import { type Preset, presetNames, presets } from '../../src/keepalive/presets.js';

const rows: readonly (readonly [string, Preset])[] = Object.entries(presets);

test('there are presets, with names that YAML takes without quotes', (t) => {
  t.is(rows.length, 16);
  t.is(rows.length, presetNames.length);
  for (const [name] of rows) t.regex(name, /^[a-z][a-z0-9-]*$/);
});

test('every limit may be asked for, and is one that its box can be set to', (t) => {
  const { min, max } = intentRanges.natTimeout;
  for (const [name, { limit, settable }] of rows) {
    t.true(limit >= min && limit <= max, name);
    if (typeof settable === 'string') continue;
    t.true(limit >= settable.min && limit <= settable.max && settable.max <= max, name);
  }
});

test('one box looks at payload only', (t) => {
  const names = rows
    .filter(([, { refreshedBy }]) => refreshedBy === 'payload')
    .map(([name]) => name);
  t.deepEqual(names, ['aws-classic-lb']);
});
