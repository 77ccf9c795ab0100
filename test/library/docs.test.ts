// The library's page names everything that a program can import, hear and be told.
import test from 'ava';
import * as library from '../../src/index.js';
import { translations } from '../../src/library/relay_events.js';
import { connectedPair } from '../helpers/node_sockets.js';
import { readTable, readText } from '../helpers/repository.js';

const page = readText('docs/toolkit/library.md');

test('every export that is a value is on the page', (t) => {
  const names = Object.keys(library);
  t.true(names.length >= 10, `found ${names}`);
  t.deepEqual(
    names.filter((name) => !page.includes(`\`${name}`)),
    [],
  );
});

test('the page has every reason and every event, in the order of the code', (t) => {
  const reasons = readTable(page, 'reason').flatMap(([cell = []]) => cell);
  t.deepEqual(reasons, [...library.deathReasons]);
  const events = readTable(page, 'event').flatMap(([cell = []]) => cell);
  t.deepEqual(events, Object.keys(translations));
});

test('the page has every field of TCP_INFO', async (t) => {
  const { client } = await connectedPair(t);
  const names = Object.keys(library.getTcpInfo(client));
  t.true(names.length >= 15, `found ${names}`);
  const section = page.slice(page.indexOf('## getTcpInfo'));
  const fields = readTable(section, 'field').flatMap(([cell = []]) => cell);
  t.deepEqual(fields.sort(), names.sort());
});
