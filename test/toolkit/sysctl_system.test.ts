// What we say a boot gives is what the machine's own `sysctl --system` gives, in folders of this test's own making.
import { deepStrictEqual } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { readBootFiles } from '../../src/toolkit/sysctl/boot_files.js';
import { atBoot } from '../../src/toolkit/sysctl/precedence.js';
import { settingNames, settings } from '../../src/toolkit/sysctl/settings.js';
import { command, networkNamespaces, requires, root } from '../helpers/requires.js';
import { systemEnv } from '../helpers/system.js';
import { temporaryFolder } from '../helpers/temporary.js';

const test = requires(root, networkNamespaces, command('sysctl', 'procps'));

const folders = ['etc/sysctl.d', 'run/sysctl.d', 'usr/local/lib/sysctl.d', 'usr/lib/sysctl.d'];

// Nothing but settings of a network namespace, so that nothing of the machine is changed.
const keys = [
  'net.ipv4.tcp_keepalive_time',
  'net/ipv4/tcp_keepalive_time',
  'net.ipv4.tcp_keepalive_intvl',
  'net/ipv4/tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_*',
  'net.ipv4.tcp_keepalive_?????',
  'net/ipv4/tcp_keepalive_[!t]*',
  'net.*.tcp_keepalive_[pq]robes',
  'net.*_time',
  'net.ipv4.tcp_fin_timeout',
];

const assignment = fc
  .record({
    key: fc.constantFrom(...keys),
    mark: fc.constantFrom('', '', '', '-', ' '),
    equals: fc.constantFrom('=', ' = ', '\t=  '),
    value: fc.constantFrom('1', '20', '42', '100', ' 7 ', '017', '0x2A', '8 # eight', 'x', ''),
  })
  .map(({ key, mark, equals, value }) => `${mark}${key}${equals}${value}`);

const line = fc.oneof(
  { arbitrary: assignment, weight: 8 },
  {
    arbitrary: fc.constantFrom('# net.ipv4.tcp_keepalive_time = 1', ' ; x = 1', '', 'x', '-x'),
    weight: 1,
  },
  { arbitrary: fc.constantFrom(...keys).map((key) => `-${key}`), weight: 1 },
);

const file = fc.record({
  folder: fc.constantFrom(...folders),
  name: fc.constantFrom('10-a.conf', '50-b.conf', '9-c.conf', 'Z.conf', 'a.conf', 'b.txt'),
  lines: fc.array(line, { maxLength: 4 }),
});

const machine = fc.record({
  files: fc.array(file, { maxLength: 5 }),
  last: fc.array(line, { maxLength: 2 }),
});

test('a boot gives what `sysctl --system` gives, whatever the files say', (t) => {
  const folder = temporaryFolder(t);
  let set = 0;
  fc.assert(
    fc.property(machine, ({ files, last }) => {
      const root = mkdtempSync(join(folder, 'root-'));
      for (const each of folders) mkdirSync(join(root, each), { recursive: true });
      for (const { folder, name, lines } of files) {
        writeFileSync(join(root, folder, name), lines.join('\n'));
      }
      writeFileSync(join(root, 'etc/sysctl.conf'), last.join('\n'));
      const said = atBoot(readBootFiles(root).assignments);
      const values = settingNames.map((name) => said[name]?.value ?? settings[name].initial);
      set += settingNames.filter((name) => said[name] !== null).length;
      deepStrictEqual(values, valuesAfterBoot(root));
    }),
    { numRuns: 40 },
  );
  t.true(set > 40, `${set} settings were set at all`);
});

/** Runs the real one in mount and network namespaces of its own, where the folders of `root` are the machine's. */
function valuesAfterBoot(root: string): number[] {
  const script = [
    'mount -t tmpfs none /run && mkdir /run/sysctl.d',
    'mount -t tmpfs none /usr/local/lib && mkdir /usr/local/lib/sysctl.d',
    ...[...folders, 'etc/sysctl.conf'].map((path) => `mount --bind '${root}/${path}' /${path}`),
    '{ sysctl --quiet --system >/dev/null 2>&1 || true; }',
    `cat ${settingNames.map((name) => `/proc/sys/${settings[name].path}`).join(' ')}`,
  ].join(' && ');
  const args = ['--mount', '--net', 'sh', '-c', script];
  const said = execFileSync('unshare', args, { encoding: 'utf8', env: systemEnv });
  return said.trim().split('\n').map(Number);
}
