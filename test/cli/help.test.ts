// Help and version: on standard output, with exit code 0.
import { runCli } from '../helpers/cli.js';
import { readText } from '../helpers/repository.js';
import { test } from '../helpers/steady.js';

for (const [words, example] of [
  [['--help'], 'Usage: warmline [options] [command]'],
  [['run', '--help'], '$ warmline run --listen 127.0.0.1:7070 --upstream '],
  [['check', '--help'], '$ warmline check warmline.yaml'],
  [['audit', '--help'], '$ sudo warmline audit --preset aws-nat-gateway'],
  [['probe', '--help'], '$ warmline probe db.internal:5432'],
  [['preload', '--help'], '$ warmline preload -- psql'],
  [['completion', '--help'], '$ source <(warmline completion bash)'],
  [
    ['sysctl', '--help'],
    '$ sudo warmline sysctl set --time 600s --interval 60s --probes 20 --persist',
  ],
  [
    ['sysctl', 'set', '--help'],
    '$ warmline sysctl set --time 600s --interval 60s --probes 20 --persist',
  ],
  [['selftest', '--help'], '$ warmline selftest --quick'],
] as const) {
  test(`warmline ${words.join(' ')} explains itself and the exit codes`, async (t) => {
    const { code, stdout, stderr } = await runCli(words);
    t.is(code, 0);
    t.is(stderr, '');
    t.true(stdout.includes(example), stdout);
    t.regex(stdout, /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 /);
  });
}

test('warmline --version is that of the package', async (t) => {
  const { version } = JSON.parse(readText('package.json')) as { version: string };
  t.deepEqual(await runCli(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' });
});
