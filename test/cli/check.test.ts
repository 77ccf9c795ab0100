// What a check prints, for people and for programs, and its exit code.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { lintCodes } from '../../src/keepalive/lint.js';
import { type Outcome, runCli } from '../helpers/cli.js';
import { keysOfValue } from '../helpers/json_schema.js';
import { readTable, readText } from '../helpers/repository.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';

const yaml = `
routes:
  - name: postgres
    listen: [127.0.0.1:15432, "[::1]:15432"]
    upstream: [localhost:5432, 192.0.2.7:5432]
    keepalive:
      client: { idle: 45s, interval: 5s, count: 4 }
      upstream: { idle: 30s, interval: 5s, count: 2, userTimeout: off }
  - name: local
    listen: unix:/run/app.sock
    upstream: 127.0.0.1:9
    keepalive: off
`;

const wise = `
routes:
  - name: db
    listen: 127.0.0.1:15432
    upstream: 127.0.0.1:5432
    keepalive: { preset: aws-nat-gateway, client: { deadAfter: 30s } }
`;

test('the plan is a table with a row for each leg', async (t) => {
  const { code, stdout, stderr } = await check(t, yaml);
  t.is(stderr, '');
  t.is(code, 0);
  const { header, rows, legend } = readColumns(stdout.split('\n\n')[0]);
  t.deepEqual(header, [
    'ROUTE',
    'LISTEN',
    'UPSTREAM',
    'ADDRESS',
    'LEG',
    'KEEPALIVE',
    'A DEAD PEER IS NOTICED',
  ]);
  // localhost is one address or two, according to the machine.
  const [first = [], second = []] = rows;
  t.deepEqual(first.slice(0, 3), ['postgres', '127.0.0.1:15432', 'localhost:5432']);
  t.regex(first[3] ?? '', /^(127\.0\.0\.1|\[::1\]):5432$/);
  const clientNoticed = 'after about 65s idle, about 66s with data in flight';
  t.deepEqual(first.slice(4), ['client', '45s/5s/4/65s', clientNoticed]);
  t.deepEqual(second.slice(0, 3), ['', '[::1]:15432', '192.0.2.7:5432']);
  const upstreamNoticed = 'after about 40s idle, 13m to 30m with data in flight';
  t.deepEqual(second.slice(4), ['upstream', '30s/5s/2/off', upstreamNoticed]);
  t.true(rows.some((row) => row[3] === '192.0.2.7:5432'));
  t.deepEqual(rows.slice(-2), [
    [
      'local',
      'unix:/run/app.sock',
      '127.0.0.1:9',
      '127.0.0.1:9',
      'client',
      'not applicable',
      'not applicable',
    ],
    ['', '', '', '', 'upstream', 'off', 'never while idle, 13m to 30m with data in flight'],
  ]);
  t.deepEqual(legend, ['keepalive is idle/interval/count/user timeout']);
});

test('the timelines are a table with a row for each leg', async (t) => {
  const { stdout } = await check(t, yaml);
  const { header, rows, legend } = readColumns(stdout.split('\n\n')[1]);
  t.deepEqual(header, [
    'ROUTE',
    'LEG',
    'FIRST PROBE',
    'LAST PROBE',
    'DEAD, IDLE',
    'AFTER AN ANSWERED PROBE',
    'IN FLIGHT',
    'DIALLING',
    'PACKETS',
  ]);
  t.deepEqual(rows, [
    ['postgres', 'client', '45s', '1m', '65s', '65s', '66s', 'not dialled', '160000'],
    ['', 'upstream', '30s', '35s', '40s', '40s', '13m to 30m', '5s', '240000'],
    ['local', 'client', 'not applicable', '', '', '', '', '', ''],
    ['', 'upstream', 'never', 'never', 'never', 'never', '13m to 30m', '5s', '0'],
  ]);
  t.is(legend.length, 2);
});

test('what is unwise is told after the tables, and the exit code stays 0', async (t) => {
  const { code, stdout, stderr } = await check(t, yaml);
  t.is(code, 0);
  t.is(stderr, '');
  t.regex(
    stdout.split('\n\n')[2] ?? '',
    /^warning: route local, upstream leg: keepalive is off, .* \[keepaliveOff\]\n$/,
  );
});

test('a file with nothing unwise has two tables and no warning', async (t) => {
  const { code, stdout } = await check(t, wise, '--strict');
  t.is(code, 0);
  t.is(stdout.split('\n\n').length, 2);
  t.false(stdout.includes('warning'));
});

test('--strict makes a warning an exit code of 1, with the same words', async (t) => {
  const strict = await check(t, yaml, '--strict');
  t.is(strict.code, 1);
  t.is(strict.stderr, '');
  t.is(strict.stdout, (await check(t, yaml)).stdout);
});

test('--json is one document with routes, legs and warnings', async (t) => {
  const { code, stdout, stderr } = await check(t, wise, '--json');
  t.is(code, 0);
  t.is(stderr, '');
  const { file, ...rest } = JSON.parse(stdout);
  t.regex(file, /warmline\.yaml$/);
  t.deepEqual(rest, {
    ok: true,
    code: null,
    routes: [
      {
        name: 'db',
        listen: ['127.0.0.1:15432'],
        upstream: ['127.0.0.1:5432'],
        addresses: ['127.0.0.1:5432'],
        legs: {
          client: {
            unix: false,
            keepalive: { idle: 21, interval: 3, count: 3, userTimeout: 30_000 },
            intent: { preset: 'aws-nat-gateway', natTimeout: 350, deadAfter: 30 },
            timeline: {
              firstProbe: 21_000,
              lastProbe: 27_000,
              deadIdle: 30_000,
              deadAfterAnsweredProbe: 30_000,
              deadInFlight: 30_500,
              dialLimit: null,
              packetsPerHour: 342_857,
            },
          },
          upstream: {
            unix: false,
            keepalive: { idle: 60, interval: 10, count: 3, userTimeout: 90_000 },
            intent: { preset: 'aws-nat-gateway', natTimeout: 350, deadAfter: null },
            timeline: {
              firstProbe: 60_000,
              lastProbe: 80_000,
              deadIdle: 90_000,
              deadAfterAnsweredProbe: 90_000,
              deadInFlight: 90_500,
              dialLimit: 5000,
              packetsPerHour: 120_000,
            },
          },
        },
      },
    ],
    warnings: [],
    problems: [],
  });
});

test('--json of a file with a warning is ok, and --strict makes its exit code 1', async (t) => {
  const lenient = await check(t, yaml, '--json');
  t.is(lenient.code, 0);
  const { code, stdout } = await check(t, yaml, '--json', '--strict');
  t.is(code, 1);
  const { ok, routes, warnings } = JSON.parse(stdout);
  t.true(ok);
  t.like(warnings, [{ code: 'keepaliveOff', route: 'local', leg: 'upstream' }]);
  t.is(warnings.length, 1);
  t.like(routes[1].legs.client, { unix: true, keepalive: null, timeline: null });
});

test('--json of a file with problems has them as a list, and says nothing elsewhere', async (t) => {
  const { code, stdout, stderr } = await check(
    t,
    'workers: 0\ndefaults: { keepalive: { deadAfter: 30s, idle: 60s } }\n' +
      'routes: [{ name: a, listen: "127.0.0.1:1", upstream: "127.0.0.1:2" }]\n',
    '--json',
  );
  t.is(code, 1);
  t.is(stderr, '');
  const { file, problems, ...rest } = JSON.parse(stdout);
  t.deepEqual(rest, { ok: false, code: 'WL_CONFIG_INVALID', routes: [], warnings: [] });
  t.deepEqual(problems, [
    {
      file,
      line: 1,
      column: 1,
      path: 'workers',
      message: 'expected a whole number from 1 to 64, got 0',
    },
    {
      file,
      line: 2,
      column: 26,
      path: 'defaults.keepalive.deadAfter',
      message:
        'expected keys that can hold together, got deadAfter 30s with idle 60s ' +
        '(nearest possible: deadAfter 61s, or idle 29s)',
    },
  ]);
});

test('--json of what is not about a place has problems without one', async (t) => {
  const absent = await runCli(['check', '--json', '/nowhere.yaml']);
  t.is(absent.code, 1);
  t.is(absent.stderr, '');
  t.like(JSON.parse(absent.stdout), {
    file: '/nowhere.yaml',
    ok: false,
    code: 'WL_CONFIG_READ',
    problems: [{ file: '/nowhere.yaml', line: null, column: null, path: '' }],
  });
  const unresolved = await check(
    t,
    'routes: [{ name: db, listen: "127.0.0.1:0", upstream: ["a.invalid:1", "b.invalid:1"] }]\n',
    '--json',
  );
  const { code, problems } = JSON.parse(unresolved.stdout);
  t.is(code, 'WL_RESOLVE');
  t.is(problems.length, 2);
});

test('--json without a file is a wrong command line and no document', async (t) => {
  const { code, stdout } = await runCli(['check', '--json']);
  t.is(code, 2);
  t.is(stdout, '');
});

test('docs/operations.md has every key of the documents and no other', async (t) => {
  const documents = await Promise.all([
    check(t, wise, '--json'),
    check(t, yaml, '--json'),
    runCli(['check', '--json', '/nowhere.yaml']),
  ]);
  const keys = documents
    .flatMap(({ stdout }) => keysOfValue(JSON.parse(stdout)))
    .map((key) => key.replace(/legs\.(client|upstream)/, 'legs.LEG'))
    .filter((key) => !key.endsWith('legs.LEG'));
  const section = readText('docs/operations.md').split('## Check')[1] ?? '';
  const named = readTable(section, 'key').flatMap(([names = []]) => names);
  t.deepEqual([...named].sort(), [...new Set(keys)].sort());
});

test('the warning that docs/operations.md shows is one that is given', async (t) => {
  const shown = /^warning: .*: (.*) \[(\w+)\]$/m.exec(readText('docs/operations.md'));
  const { stdout } = await check(t, yaml);
  t.true(stdout.includes(`: ${shown?.[1]} [${shown?.[2]}]`));
  t.true(lintCodes.some((code) => code === shown?.[2]));
});

async function check(
  t: ExecutionContext,
  yaml: string,
  ...options: readonly string[]
): Promise<Outcome> {
  const file = join(temporaryFolder(t), 'warmline.yaml');
  writeFileSync(file, yaml);
  return await runCli(['check', ...options, file]);
}

/** A table by its columns, and the lines below it that are not part of it. */
function readColumns(text = '') {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const starts = [...header.matchAll(/\S+( \S+)*/g)].map(({ index }) => index);
  const isRow = (line: string) => !/^(keepalive|times|packets) /.test(line);
  const rows = lines
    .filter(isRow)
    .map((line) => starts.map((start, column) => line.slice(start, starts[column + 1]).trim()));
  const legend = lines.filter((line) => !isRow(line));
  return { header: header.trim().split(/ {2,}/), rows, legend };
}
