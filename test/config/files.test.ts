// Files: what stands in config/, docs/config.md and the table of docs/keepalive.md is what the schema says and what the program takes.
import { posix } from 'node:path';
import test from 'ava';
import { parse } from 'yaml';
import type { RouteConfig } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { resolveEndpoints } from '../../src/dns/resolver.js';
import { presetNames } from '../../src/keepalive/presets.js';
import { describeDetection, formatKeepalive } from '../../src/keepalive/timeline.js';
import { buildPlan } from '../../src/routes/plan.js';
import { reportCheck } from '../../src/telemetry/report.js';
import { fillConfigPage } from '../../tools/config_page.js';
import { describedSchema, editorSchema } from '../../tools/json_schema.js';
import { fillKeepalivePage } from '../../tools/keepalive_page.js';
import { keysOfSchema, keysOfValue, takes } from '../helpers/json_schema.js';
import { listFiles, readTable, readText } from '../helpers/repository.js';

const recipes = listFiles('config/recipes', '.yaml');
const files = listFiles('config', '.yaml');
const stale = 'it is stale: npm run generate';

test('there are files and recipes to check', (t) => {
  t.true(recipes.length >= 8, `found ${recipes.length} recipes`);
  t.true(files.length >= recipes.length + 2, `found ${files.length} files`);
});

for (const file of files) {
  test(`${file} is valid and names the schema for editors`, (t) => {
    const text = readText(file);
    t.notThrows(() => parseConfig(text, file));
    const schema = /^# yaml-language-server: \$schema=(.+)$/m.exec(text)?.[1] ?? '';
    t.is(posix.join(posix.dirname(file), schema), 'config/schema.json');
  });

  test(`${file} has nothing that a check would warn of`, async (t) => {
    const config = parseConfig(readText(file), file);
    const lookup = () => Promise.resolve([{ address: '192.0.2.1' }]);
    const plan = buildPlan(config, await resolveEndpoints(config, lookup));
    const { routes, warnings } = reportCheck(config, plan);
    t.true(routes.length > 0);
    t.deepEqual(warnings, []);
  });
}

for (const file of recipes) {
  test(`${file} opens with when to use it and the numbers that follow from it`, (t) => {
    const text = readText(file);
    const head = text.slice(0, text.indexOf('\n\n'));
    t.regex(head, /^# .+\.\n#\n# When: .+\n(# .+\n)*# Why these numbers: /);
    const numbers = [...head.matchAll(/^# {3}(\S+) +(client|upstream) +(.*)$/gm)];
    const told = numbers.map(([, route, leg, words]) => [
      route,
      leg,
      words?.replace(/ {2,}/, '  '),
    ]);
    t.deepEqual(told, parseConfig(text, file).routes.flatMap(tellLegs));
  });
}

test('config/warmline.yaml relays to the echo endpoint that npm start opens', (t) => {
  const { scripts } = JSON.parse(readText('package.json')) as { scripts: { start: string } };
  t.regex(scripts.start, / run config\/warmline\.yaml --echo 127\.0\.0\.1:7071$/);
  t.like(parseConfig(readText('config/warmline.yaml'), 'warmline.yaml').routes[0], {
    listen: [{ host: '127.0.0.1', port: 7070 }],
    endpoints: [{ host: '127.0.0.1', port: 7071 }],
  });
});

test('config/full.yaml has every key of the schema and no other', (t) => {
  const keys = keysOfSchema(describedSchema());
  t.true(keys.length >= 50, `the schema has ${keys.length} keys`);
  t.deepEqual(keysOfValue(parse(readText('config/full.yaml'))), keys);
});

test('config/full.yaml gives what a file without these keys gives', (t) => {
  const full = parseConfig(readText('config/full.yaml'), 'full.yaml');
  const text = 'routes: [{ name: example, listen: "127.0.0.1:7070", upstream: "127.0.0.1:7071" }]';
  const least = parseConfig(text, 'least.yaml');
  // These keys have no default.
  const log = { ...least.log, format: 'json' as const };
  const intent = { preset: 'aws-nat-gateway' as const, natTimeout: 350, deadAfter: 90 };
  const intents = { client: intent, upstream: intent };
  t.deepEqual(full, {
    ...least,
    log,
    routes: least.routes.map((route) => ({ ...route, intents })),
  });
});

test('config/schema.json is what the schema gives', (t) => {
  t.deepEqual(JSON.parse(readText('config/schema.json')), editorSchema(), stale);
});

test('the tables of docs/config.md are what the schema gives', (t) => {
  const page = readText('docs/config.md');
  t.is(fillConfigPage(page, describedSchema()), page, stale);
});

test('the table of middleboxes in docs/keepalive.md is that of the presets', (t) => {
  const page = readText('docs/keepalive.md');
  t.is(fillKeepalivePage(page), page, stale);
  const named = readTable(page, 'preset').flatMap(([names = []]) => names);
  t.deepEqual(named, presetNames);
});

test('docs/config.md has a row for every key of the schema', (t) => {
  const rows = new Set(
    [...readText('docs/config.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, key]) => key),
  );
  const keys = new Set(keysOfSchema(describedSchema()).map((path) => path.split('.').at(-1)));
  t.deepEqual([...rows].sort(), [...keys].sort());
});

test('an editor takes every file that the program takes', (t) => {
  const valid = [...files, ...listFiles('test/fixtures/config/valid', '.yaml')];
  const refused = valid.filter(
    (file) => !takes(editorSchema(), parse(readText(file), { merge: true })),
  );
  t.deepEqual(refused, []);
});

test('an editor refuses what it can see: keys, shapes, units and words', (t) => {
  const names = [
    'unknown-keys',
    'shapes',
    'units',
    'whole-seconds',
    'words',
    'no-routes',
    'listen',
    'intents',
  ];
  const paths = names.map((name) => `test/fixtures/config/invalid/${name}.yaml`);
  t.deepEqual(
    paths.filter((path) => takes(editorSchema(), parse(readText(path)))),
    [],
  );
});

function tellLegs({ name, listen, endpoints, client, upstream }: RouteConfig): string[][] {
  const isUnix = (addresses: RouteConfig['listen']) =>
    addresses.every((address) => 'path' in address);
  const tell = (keepalive: RouteConfig['client']) =>
    `${formatKeepalive(keepalive)}  a dead peer is noticed ${describeDetection(keepalive)}`;
  const unix = 'a unix socket, where keepalive does not apply';
  return [
    [name, 'client', isUnix(listen) ? unix : tell(client)],
    [name, 'upstream', isUnix(endpoints) ? unix : tell(upstream)],
  ];
}
