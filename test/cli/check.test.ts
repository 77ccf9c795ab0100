// What a check prints when the configuration could run.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runCli } from '../helpers/cli.js';
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

test('the plan is a table with a row for each leg', async (t) => {
  const file = join(temporaryFolder(t), 'warmline.yaml');
  writeFileSync(file, yaml);
  const { code, stdout, stderr } = await runCli(['check', file]);
  t.is(stderr, '');
  t.is(code, 0);
  const [header = '', ...lines] = stdout.trimEnd().split('\n');
  const starts = [...header.matchAll(/\S+( \S+)*/g)].map(({ index }) => index);
  const rows = lines
    .slice(0, -1)
    .map((line) => starts.map((start, column) => line.slice(start, starts[column + 1]).trim()));
  t.deepEqual(header.trim().split(/ {2,}/), [
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
  t.is(lines.at(-1), 'keepalive is idle/interval/count/user timeout');
});
