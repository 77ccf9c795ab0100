// The command: what it prints, refuses and keeps. Its far end is on the loopback, where no path forgets.
import { lookup } from 'node:dns/promises';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { formatAddress } from '../../src/config/address.js';
import { parseConfig } from '../../src/config/load.js';
import { startUnanswering } from '../helpers/dead_ends.js';
import type { Namespace } from '../helpers/netns.js';
import { startProbe } from '../helpers/probe_run.js';
import { readTable, readText } from '../helpers/repository.js';
import { requires, root } from '../helpers/requires.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { nextEvent } from '../helpers/waiting.js';

const short = ['--max', '2s'];

test('it says what it found, how sure it is, and ends with a block that the configuration takes', async (t) => {
  const target = await listen(t);
  const { code, stdout, stderr } = await probe(t, [target, '--max', '3s', '--min', '3s']);
  t.is(code, 0, stderr);
  const [found, confidence, , ...block] = stdout.trimEnd().split('\n');
  t.true(found?.startsWith(`${target}: no limit up to `), found);
  t.regex(confidence ?? '', /^confirmed: .+ \(took [\d.]+s\)$/);
  const route = ['routes:', '  - name: a', '    listen: 127.0.0.1:0', `    upstream: ${target}`];
  const pasted = [...route, ...block.map((line) => `    ${line}`)].join('\n');
  const [parsed] = parseConfig(pasted, 'warmline.yaml').routes;
  // Three seconds, and what timers are late on a busy machine.
  t.true(Number(parsed?.intents.upstream.natTimeout) >= 3, stdout);
  t.regex(stderr, /^probing .*\nround 1: growing idle times, 2 connections, at most .* left\n/);
});

test('--json prints one document with all keys, and progress stays on standard error', async (t) => {
  const target = await listen(t);
  const { code, stdout, stderr } = await probe(t, [target, '--json', ...short]);
  t.is(code, 0, stderr);
  const found = JSON.parse(stdout);
  t.deepEqual(Object.keys(found), documentedKeys());
  t.like(found, { target, address: target, end: 'done', kind: 'none', closing: null });
  t.deepEqual(
    found.measurements.map(({ verdict }: { verdict: string }) => verdict),
    ['alive', 'alive', 'alive'],
  );
  t.not(stderr, '');
});

test('a name is resolved once, and told beside its address', async (t) => {
  const target = await listen(t, (await lookup('localhost')).address);
  const name = `localhost:${target.split(':').at(-1)}`;
  const { code, stdout } = await probe(t, [name, ...short]);
  t.is(code, 0);
  t.true(stdout.startsWith(`${name} (${target}): no limit up to `), stdout);
});

test('IPv6 is probed as well', async (t) => {
  const target = await listen(t, '::1');
  const { code, stdout } = await probe(t, [target, ...short]);
  t.is(code, 0);
  t.true(stdout.startsWith(`${target}: no limit`), stdout);
});

requires(root)('no privilege is needed', async (t) => {
  const target = await listen(t);
  const asNobody: Namespace['enter'] = (...commandLine) => [
    ...(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const),
    ...commandLine,
  ];
  const { code, stderr } = await startProbe(t, [target, ...short], asNobody).outcome;
  t.is(code, 0, stderr);
});

test('a port that nobody listens on is refused', async (t) => {
  t.deepEqual(await probe(t, ['127.0.0.1:1', '--json']), {
    code: 1,
    stdout: '',
    stderr:
      'probing 127.0.0.1:1 with up to 16 idle connections, for up to 30m each; Ctrl-C ends it with what is known\n' +
      'warmline: 127.0.0.1:1: expected a server that takes connections, got ECONNREFUSED; ' +
      'see that it runs and may be reached from here [WL_PROBE]\n',
  });
});

test('a signal is heeded while the target does not answer', async (t) => {
  const target = formatAddress(await startUnanswering(t));
  const { child, outcome, told } = startProbe(t, [target, '--json']);
  await told('probing');
  child.kill('SIGINT');
  const { code, stdout, stderr } = await outcome;
  t.is(code, 1);
  t.like(JSON.parse(stdout), { end: 'stopped', kind: 'unknown', measurements: [] }, stderr);
});

test('a name without an address is refused', async (t) => {
  const { code, stderr } = await probe(t, ['nowhere.invalid:5432']);
  t.is(code, 1);
  t.regex(stderr, /^warmline: nowhere.invalid:5432: no address was found .* \[WL_RESOLVE\]\n$/);
});

test('measurements are kept in a file, and what is known is not measured again', async (t) => {
  const target = await listen(t);
  const folder = temporaryFolder(t);
  const args = [target, '--json', '--state', join(folder, 'state.json'), ...short];
  const first = JSON.parse((await probe(t, args)).stdout);
  t.deepEqual(readdirSync(folder), ['state.json']);
  const again = await probe(t, args);
  t.notRegex(again.stderr, /round/);
  t.deepEqual({ ...JSON.parse(again.stdout), took: 0 }, { ...first, took: 0 });
});

test('the state of another target, or of something else, is refused and left alone', async (t) => {
  const target = await listen(t);
  const path = join(temporaryFolder(t), 'state.json');
  const other = { format: 1, target: 'a:1', address: '10.0.0.1:1', measurements: [] };
  for (const [text, got] of [
    [JSON.stringify(other), 'those of a:1 (10.0.0.1:1)'],
    [JSON.stringify({ ...other, format: 2 }), 'something else'],
    ['routes: []', 'something else'],
  ] as const) {
    writeFileSync(path, text);
    const { code, stderr } = await probe(t, [target, '--state', path]);
    t.is(code, 1);
    t.true(stderr.includes(`got ${got}; remove it, or name another file [WL_PROBE]`), stderr);
    t.is(readFileSync(path, 'utf8'), text);
  }
});

test('a state that is no file is refused unread', async (t) => {
  const target = await listen(t);
  const folder = temporaryFolder(t);
  for (const path of [folder, '/dev/null']) {
    const { code, stderr } = await probe(t, [target, '--state', path]);
    t.is(code, 1);
    t.true(
      stderr.endsWith(`--state ${path}: expected a file, got something else [WL_PROBE]\n`),
      stderr,
    );
  }
  t.deepEqual(readdirSync(folder), []);
});

test('a state that can not be kept is refused before anything is measured', async (t) => {
  const target = await listen(t);
  const { code, stderr } = await probe(t, [target, '--state', '/nowhere/state.json']);
  t.is(code, 1);
  t.regex(stderr, /--state \/nowhere\/state.json: expected a file that may be written, got ENOENT/);
});

/** Runs the command to its end. */
function probe(t: ExecutionContext, args: readonly string[]) {
  t.timeout(60_000);
  return startProbe(t, args).outcome;
}

/** A server that says nothing, on a free port; returns where. */
async function listen(t: ExecutionContext, host = '127.0.0.1'): Promise<string> {
  const server = createServer((socket) => socket.on('error', () => {}).resume());
  server.listen(0, host);
  await nextEvent(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  return formatAddress({ host, port });
}

/** The first column of the page's table, without what is inside of others. */
function documentedKeys(): string[] {
  const keys = readTable(readText('docs/toolkit/probe.md'), 'key').flatMap(([key = []]) => key);
  return keys.filter((key) => /^\w+$/.test(key));
}
