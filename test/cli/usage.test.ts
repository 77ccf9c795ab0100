// A wrong command line is one line for each thing that is wrong, and exit code 2.
import { runCli } from '../helpers/cli.js';
import { test } from '../helpers/steady.js';

const anAddress =
  'expected an address such as "127.0.0.1:7070", "[::1]:7070" or "unix:/run/app.sock"';

const cases = [
  [[], 'expected a command; see: warmline --help'],
  [['serve'], "unknown command 'serve'; see: warmline --help"],
  [
    ['run', '--lisen', 'x'],
    "unknown option '--lisen' (Did you mean --listen?); see: warmline --help",
  ],
  [['run'], 'expected a file, or --listen and --upstream'],
  [['run', '--listen', '127.0.0.1:0'], 'expected a file, or --listen and --upstream'],
  [['run', '--keepalive', 'off'], 'expected a file, or --listen and --upstream'],
  [
    ['run', 'warmline.yaml', '--keepalive', 'off'],
    'expected either a file or a route in options such as --listen, got both',
  ],
  [['check'], "missing required argument 'file'; see: warmline --help"],
  [
    ['run', 'warmline.yaml', '--log-level', 'loud'],
    "option '--log-level <level>' argument 'loud' is invalid. " +
      'Allowed choices are trace, debug, info, warn, error, fatal, silent; see: warmline --help',
  ],
  [
    ['run', 'warmline.yaml', '--echo', '7071'],
    `--echo: ${anAddress}, got "7071" (a port alone; 127.0.0.1 is this machine, 0.0.0.0 every interface)`,
  ],
  [['probe'], "missing required argument 'address'; see: warmline --help"],
  [
    ['probe', 'unix:/run/app.sock'],
    'expected HOST:PORT, got "unix:/run/app.sock" (no path forgets a unix socket)',
  ],
  [
    ['probe', '127.0.0.1:1', '--max', '30'],
    '--max: expected a duration such as "30s", got "30" (a number without a unit)',
  ],
  [
    ['probe', '127.0.0.1:1', '--min', '20s', '--max', '10s'],
    '--min: expected a duration from 1s to 10s, got "20s"',
  ],
  [
    ['probe', '127.0.0.1:1', '--connections', '3'],
    '--connections: expected a number from 4 to 256, got "3"',
  ],
] as const;

for (const [words, says] of cases) {
  test(`warmline ${words.join(' ')} is refused`, async (t) => {
    const stderr = `warmline: ${says} [WL_USAGE]\n`;
    t.deepEqual(await runCli(words), { code: 2, stdout: '', stderr });
  });
}

test('each wrong word has a line of its own', async (t) => {
  const { code, stderr } = await runCli([
    'run',
    '--listen',
    'a',
    '--upstream',
    'b',
    '--keepalive',
    'c',
  ]);
  t.is(code, 2);
  const options = stderr
    .trim()
    .split('\n')
    .map((line) => /^warmline: (--[a-z]+): .* \[WL_USAGE\]$/.exec(line)?.[1]);
  t.deepEqual(options.sort(), ['--keepalive', '--listen', '--upstream']);
});
