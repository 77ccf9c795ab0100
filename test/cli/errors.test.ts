// Whatever keeps the program from running is one clear line that says what to do, an exit code, and nothing left behind.
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { runCli } from '../helpers/cli.js';
import { projectRoot } from '../helpers/repository.js';
import { type Need, requires, root } from '../helpers/requires.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';

const route = ['--upstream', '127.0.0.1:9'];

function writeConfig(t: ExecutionContext, yaml: string): string {
  const file = join(temporaryFolder(t), 'warmline.yaml');
  writeFileSync(file, yaml);
  return file;
}

for (const [command, code] of [
  ['run', 2],
  ['check', 1],
] as const) {
  test(`${command} of a file that is not there`, async (t) => {
    const said = await runCli([command, '/nowhere.yaml']);
    t.deepEqual(said, {
      code,
      stdout: '',
      stderr:
        'warmline: /nowhere.yaml: expected a configuration file, got nothing (there is no such file) [WL_CONFIG_READ]\n',
    });
  });

  test(`${command} of a file with two problems tells both`, async (t) => {
    const file = writeConfig(
      t,
      'workers: many\nroutes: [{ name: a, listen: 127.0.0.1:0, upstream: 1 }]\n',
    );
    const said = await runCli([command, file]);
    t.is(said.code, code);
    t.is(said.stdout, '');
    const [first = '', second = '', ...rest] = said.stderr.split('\n');
    t.true(first.startsWith(`warmline: ${file}:1:1: workers: expected `), first);
    t.true(second.startsWith(`warmline: ${file}:2:`), second);
    t.true(first.endsWith(' [WL_CONFIG_INVALID]') && second.endsWith(' [WL_CONFIG_INVALID]'));
    t.deepEqual(rest, ['']);
  });

  test(`${command} of a name that does not resolve`, async (t) => {
    const file = writeConfig(
      t,
      'routes: [{ name: db, listen: 127.0.0.1:0, upstream: "db.invalid:1" }]\n',
    );
    const said = await runCli([command, file]);
    t.is(said.code, 1);
    t.regex(said.stderr, /^warmline: route db: db\.invalid:1: .* \[WL_RESOLVE\]\n$/);
  });

  test(`${command} without the native build`, async (t) => {
    const folder = installWithoutBuild(t);
    const file = writeConfig(
      t,
      'routes: [{ name: a, listen: 127.0.0.1:0, upstream: 127.0.0.1:9 }]\n',
    );
    const said = await runCli([command, file], { main: join(folder, 'dist/src/main.js') });
    t.deepEqual(said, {
      code: 1,
      stdout: '',
      stderr:
        `warmline: the native engine is not built: there is no ${folder}/build/Release/warmline.node; ` +
        `build it with: npm run build:native --prefix ${folder}/ [WL_NATIVE_MISSING]\n`,
    });
  });
}

test.serial('an address that is in use', async (t) => {
  const holder = await startUpstream(t);
  const { port } = holder.address as { port: number };
  const said = await runCli(['run', '--listen', `127.0.0.1:${port}`, ...route]);
  t.deepEqual(said, {
    code: 1,
    stdout: '',
    stderr:
      `warmline: route relay: cannot listen on 127.0.0.1:${port}: another process, perhaps another warmline, ` +
      `listens there; see which with: ss -ltnp 'sport = :${port}' (EADDRINUSE) [WL_LISTEN]\n`,
  });
});

test.serial('an echo address that is in use', async (t) => {
  const holder = await startUpstream(t);
  const { port } = holder.address as { port: number };
  const said = await runCli([
    'run',
    '--listen',
    '127.0.0.1:0',
    ...route,
    '--echo',
    `127.0.0.1:${port}`,
  ]);
  t.is(said.code, 1);
  t.true(
    said.stderr.startsWith(`warmline: the echo endpoint: cannot listen on 127.0.0.1:${port}: `),
  );
});

test('an address that is not of this machine', async (t) => {
  const said = await runCli(['run', '--listen', '192.0.2.1:7070', ...route]);
  t.is(said.code, 1);
  t.is(
    said.stderr,
    'warmline: route relay: cannot listen on 192.0.2.1:7070: it is not an address of this machine; ' +
      'list those with: ip -brief address (EADDRNOTAVAIL) [WL_LISTEN]\n',
  );
});

test('a unix socket in a folder that is not there', async (t) => {
  const said = await runCli(['run', '--listen', 'unix:/nowhere/a.sock', ...route]);
  t.is(said.code, 1);
  t.is(
    said.stderr,
    'warmline: route relay: cannot listen on unix:/nowhere/a.sock: the directory /nowhere does not exist; ' +
      'create it first (ENOENT) [WL_LISTEN]\n',
  );
});

test.serial('a start that fails halfway leaves no socket file behind', async (t) => {
  const holder = await startUpstream(t);
  const { port } = holder.address as { port: number };
  const path = join(temporaryFolder(t), 'first.sock');
  const words = ['--listen', `unix:${path}`, '--listen', `127.0.0.1:${port}`];
  const said = await runCli(['run', ...words, ...route]);
  t.is(said.code, 1);
  t.true(said.stderr.endsWith('(EADDRINUSE) [WL_LISTEN]\n'));
  t.false(existsSync(path));
});

test('the level debug adds where an error arose', async (t) => {
  const words = ['run', '--listen', 'unix:/nowhere/a.sock', ...route];
  const { stderr } = await runCli([...words, '--log-level', 'debug']);
  t.regex(stderr, /\[WL_LISTEN\]\nWarmlineError: .*\n {4}at /);
});

const privilegedPorts: Need = {
  met: () => Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8')) > 81,
  remedy: 'needs privileged ports: sysctl net.ipv4.ip_unprivileged_port_start=1024',
};

requires(privilegedPorts)('a port below 1024 without the privilege', async (t) => {
  const through = root.met() ? ['setpriv', '--bounding-set=-net_bind_service'] : [];
  const said = await runCli(['run', '--listen', '127.0.0.1:81', ...route], { through });
  t.deepEqual(said, {
    code: 1,
    stdout: '',
    stderr:
      'warmline: route relay: cannot listen on 127.0.0.1:81: a port below 1024 needs a privilege; ' +
      'use a higher port, or run "sudo setcap cap_net_bind_service=+ep $(readlink -f $(command -v node))", ' +
      'or "sudo sysctl net.ipv4.ip_unprivileged_port_start=81" (EACCES) [WL_LISTEN]\n',
  });
});

/** A copy of the compiled program as `npm ci --ignore-scripts` leaves it. */
function installWithoutBuild(t: ExecutionContext): string {
  const folder = temporaryFolder(t);
  cpSync(join(projectRoot, 'dist/src'), join(folder, 'dist/src'), { recursive: true });
  cpSync(join(projectRoot, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

test('a result that can not be written is a failure, and one that nobody wants to read is none', async (t) => {
  const into = (sink: string) => ({
    through: ['sh', '-c', `"$@" ${sink}; echo "code $?" >&2`, 'sh'],
  });
  const full = await runCli(['completion', 'bash'], into('>/dev/full'));
  const says = 'warmline: standard output: expected to be written to, got ENOSPC [WL_ENGINE]';
  t.is(full.stderr, `${says}\ncode 1\n`);
  const unread = await runCli(['completion', 'bash'], into('| true'));
  t.is(unread.stderr, 'code 0\n');
});
