// Which line of which file decides over a setting at boot, by the rules of sysctl.d(5) and procps.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { readBootFiles } from '../../src/toolkit/sysctl/boot_files.js';
import { atBoot, overridesOf } from '../../src/toolkit/sysctl/precedence.js';
import { temporaryFolder } from '../helpers/temporary.js';

const time = 'net.ipv4.tcp_keepalive_time';

type Files = Readonly<Record<string, string>>;

const cases: readonly [title: string, files: Files, decides: string | null][] = [
  ['no file says anything', {}, null],
  [
    'the later name wins, in whatever folder it is',
    { '/etc/sysctl.d/10-a.conf': `${time}=1`, '/usr/lib/sysctl.d/20-b.conf': `${time} = 2` },
    '2 /usr/lib/sysctl.d/20-b.conf:1',
  ],
  [
    'a file hides those of the same name in later folders',
    { '/run/sysctl.d/a.conf': '# nothing', '/usr/lib/sysctl.d/a.conf': `${time} = 2` },
    null,
  ],
  [
    '/etc/sysctl.conf comes last',
    { '/etc/sysctl.conf': `\n${time} = 3`, '/etc/sysctl.d/99-z.conf': `${time} = 2` },
    '3 /etc/sysctl.conf:2',
  ],
  ['only names that end in .conf count', { '/etc/sysctl.d/99-z': `${time} = 2` }, null],
  [
    'the last line of a file wins',
    { '/etc/sysctl.conf': `${time} = 3\n${time}=4\n` },
    '4 /etc/sysctl.conf:2',
  ],
  [
    'slashes may separate in place of dots',
    { '/etc/sysctl.conf': 'net/ipv4/tcp_keepalive_time = 3' },
    '3 /etc/sysctl.conf:1',
  ],
  [
    'a leading - is no part of the name',
    { '/etc/sysctl.conf': `-${time}=3` },
    '3 /etc/sysctl.conf:1',
  ],
  ['comments say nothing', { '/etc/sysctl.conf': ` # ${time} = 3\n;${time} = 4` }, null],
  ['what is no assignment says nothing', { '/etc/sysctl.conf': `${time} 3` }, null],
  [
    'what is no number is refused by the kernel, and the value before it stays',
    { '/etc/sysctl.conf': `${time} = 3\n${time} = soon` },
    '3 /etc/sysctl.conf:1',
  ],
  [
    'a number that begins with 0 is octal, as the kernel reads it',
    { '/etc/sysctl.conf': `${time} = 0600` },
    '384 /etc/sysctl.conf:1',
  ],
  [
    'a number that begins with 0x is hexadecimal',
    { '/etc/sysctl.conf': `${time} = 0x258` },
    '600 /etc/sysctl.conf:1',
  ],
  [
    'what begins like a number and is none is refused',
    { '/etc/sysctl.conf': `${time} = 3\n${time} = 08\n${time} = 0x\n${time} = 5s` },
    '3 /etc/sysctl.conf:1',
  ],
  [
    'a pattern sets what it matches',
    { '/etc/sysctl.conf': 'net.ipv4.tcp_*_[s-u]ime = 5' },
    '5 /etc/sysctl.conf:1',
  ],
  ['a pattern does not reach over separators', { '/etc/sysctl.conf': 'net.*_time = 5' }, null],
  [
    'a pattern gives way to a line with the name, even to one before it',
    { '/etc/sysctl.conf': `${time} = 3\nnet.ipv4.tcp_keepalive_* = 5` },
    '3 /etc/sysctl.conf:1',
  ],
  [
    'a name after - without a value is kept from patterns',
    { '/etc/sysctl.conf': `-${time}\nnet.ipv4.tcp_keepalive_* = 5` },
    null,
  ],
];

for (const [title, files, decides] of cases) {
  test(title, (t) => {
    const { assignments } = readBootFiles(lay(t, files));
    const origin = atBoot(assignments).time;
    t.is(origin === null ? null : `${origin.value} ${origin.file}:${origin.line}`, decides);
  });
}

test('a planned file counts as if it were there, and one that will be gone as if it were not', (t) => {
  const path = '/etc/sysctl.d/90-own.conf';
  const root = lay(t, { [path]: `${time} = 1`, '/usr/lib/sysctl.d/90-own.conf': `${time} = 2` });
  const decided = (content: string | null) =>
    atBoot(readBootFiles(root, { path, content }).assignments).time?.value;
  t.is(decided(`${time} = 5`), 5);
  t.is(decided(null), 2);
});

test('a later line overrides unless it says the same', (t) => {
  const own = '/etc/sysctl.d/90-own.conf';
  const files = {
    [own]: `${time} = 600\nnet.ipv4.tcp_keepalive_intvl = 60\nnet.ipv4.tcp_keepalive_probes = 3`,
    '/etc/sysctl.d/95-x.conf': 'net.ipv4.tcp_keepalive_intvl = 60\n-net.ipv4.tcp_keepalive_probes',
    '/etc/sysctl.conf': `${time} = 300`,
  };
  t.deepEqual(overridesOf(own, readBootFiles(lay(t, files)).assignments), [
    { name: 'time', file: '/etc/sysctl.conf', line: 1, value: 300 },
    { name: 'probes', file: '/etc/sysctl.d/95-x.conf', line: 2, value: null },
  ]);
});

/** A root folder with these files. */
function lay(t: ExecutionContext, files: Files): string {
  const root = temporaryFolder(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}
