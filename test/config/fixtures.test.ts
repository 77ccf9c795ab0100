// Fixtures: whole files. The lines that open a file say what comes of it, an `# expect:` line for a route or a problem.
import test from 'ava';
import { formatAddress } from '../../src/config/address.js';
import type { RouteConfig } from '../../src/config/config.js';
import { parseConfig } from '../../src/config/load.js';
import { ConfigInvalidError } from '../../src/config/problems.js';
import { formatKeepalive } from '../../src/keepalive/timeline.js';
import { listFiles, readText } from '../helpers/repository.js';

const valid = listFiles('test/fixtures/config/valid', '.yaml');
const invalid = listFiles('test/fixtures/config/invalid', '.yaml');

test('there are fixtures of both kinds', (t) => {
  t.true(valid.length >= 8, `found ${valid.length} valid files`);
  t.true(invalid.length >= 28, `found ${invalid.length} invalid files`);
});

for (const file of valid) {
  test(`${file} gives the routes that it expects`, (t) => {
    t.deepEqual(parseConfig(readText(file), file).routes.map(inWords), expectations(file));
  });
}

for (const file of invalid) {
  test(`${file} has the problems that it expects, in the order of the file`, (t) => {
    const error = t.throws(() => parseConfig(readText(file), file), {
      instanceOf: ConfigInvalidError,
      code: 'WL_CONFIG_INVALID',
    });
    const expected = expectations(file).map((line) => `${file}:${line}`);
    t.deepEqual(error?.message.split('\n'), expected);
    t.is(error?.problems.length, expected.length);
  });
}

function expectations(file: string): string[] {
  const lines = [...readText(file).matchAll(/^# expect: (.*)$/gm)].map(([, line = '']) => line);
  if (lines.length === 0) throw new Error(`${file} expects nothing`);
  return lines;
}

function inWords({ name, listen, endpoints, client, upstream }: RouteConfig): string {
  const [from, to] = [listen, endpoints].map((each) => each.map(formatAddress).join(', '));
  const legs = `client ${formatKeepalive(client)}; upstream ${formatKeepalive(upstream)}`;
  return `${name}: ${from} -> ${to}; ${legs}`;
}
