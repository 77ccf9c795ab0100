// What an audit of sources tells: the lines for people, the document, what to add, and what of a tree is read.
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Keepalive } from '../../src/keepalive/policy.js';
import { explainSources } from '../../src/toolkit/source/explain.js';
import { auditSources } from '../../src/toolkit/source/report.js';
import { snippetFunction } from '../../src/toolkit/source/snippet.js';
import { readTree, treeBounds } from '../../src/toolkit/source/tree.js';
import { keysOfValue } from '../helpers/json_schema.js';
import { readTable, readText } from '../helpers/repository.js';
import { command, requires } from '../helpers/requires.js';
import { test } from '../helpers/steady.js';
import { systemEnv } from '../helpers/system.js';
import { temporaryFolder } from '../helpers/temporary.js';

const keepalive: Keepalive = { idle: 60, interval: 10, count: 3, userTimeout: 90_000 };
const dialling = `void dial(const struct sockaddr *to) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  connect(fd, to, 0);
}
`;

test('a finding is a line with its place, what it lacks, what to add and how sure that is', (t) => {
  const [line] = explain(t, { 'a.c': dialling });
  t.is(
    line,
    'a.c:2:12: client connection in dial() without SO_KEEPALIVE; add keep_warm(fd) [certain]',
  );
});

test('a listener, a partial setting and a doubt have their words', (t) => {
  const lines = explain(t, {
    'a.c': `int serve(int on) {
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &on, sizeof on);
  return listen(fd, 9);
}
void other(struct peer *peer, int type, void *to) {
  peer->fd = socket(AF_INET, type, 0);
  connect(peer->fd, to, 0);
}
void warm(int fd, int on) { setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on); }
`,
  });
  t.is(
    lines[0],
    'a.c:2:12: listener in serve() with SO_KEEPALIVE but without TCP_KEEPINTVL and TCP_KEEPCNT: ' +
      "the system's values hold; add keep_warm(fd) [certain]",
  );
  t.is(
    lines[1],
    'a.c:8:14: client connection in other() without SO_KEEPALIVE; SO_KEEPALIVE is set at a.c:11, ' +
      'perhaps on this one; add keep_warm(peer->fd) [unclear]',
  );
});

test('the last lines count what was found and what was not looked at', (t) => {
  const lines = explain(t, {
    'a.c': dialling,
    'b.c': 'int f(void) { return socket(AF_UNIX, SOCK_DGRAM, 0); }',
    'tests/c.c': dialling,
  });
  t.deepEqual(lines.slice(-2), ['2 sites in 2 files: 1 to mend, 1 unix', 'not looked at: tests']);
});

test('a name of a file neither commands a terminal nor makes a line of its own', (t) => {
  const lines = explain(t, { 'a\u001b[31m\nb.c:1:1: x.c': dialling, 'é.c': dialling });
  const findings = lines.filter((line) => line.includes('dial()'));
  t.deepEqual(
    findings.map((line) => line.replace(/:2:12:.*$/, '')),
    ['a?[31m?b.c:1:1: x.c', 'é.c'],
  );
});

test('a tree without findings has one line', (t) => {
  t.deepEqual(explain(t, { 'a.c': 'int main(void) { return 0; }' }), [
    '0 sites in 1 file: 0 to mend',
  ]);
});

test('symbolic links, other languages and too large files are left out', (t) => {
  const folder = tree(t, { 'a.c': dialling, 'b.py': 'socket()', 'large.c': ' '.repeat(301) });
  symlinkSync('.', join(folder, 'loop'));
  symlinkSync('a.c', join(folder, 'link.c'));
  const { texts, left } = readTree(folder, { ...treeBounds, fileSize: 300 });
  t.deepEqual([...texts.keys()], ['a.c']);
  t.deepEqual(left, { folders: [], files: ['large.c'], more: false });
});

test('a tree that is too large is read up to the bounds, and says so', (t) => {
  const folder = tree(t, { 'a.c': dialling, 'b.c': dialling, 'c/d.c': dialling });
  const { texts, left } = readTree(folder, { ...treeBounds, files: 2 });
  t.deepEqual([...texts.keys()], ['a.c', 'b.c']);
  t.true(left.more);
  const report = auditSources(folder, keepalive, { ...treeBounds, total: 1 });
  t.true(explainSources(report).at(-1)?.startsWith('there is more'));
});

test('a folder that is not there is a wrong command line', (t) => {
  const { message } = t.throws(() => auditSources('/nowhere', keepalive), { code: 'WL_USAGE' });
  t.regex(message, /^\/nowhere: expected a folder with C or C\+\+ sources, got ENOENT/);
  // What "$UNSET" gives is not the folder that we are in.
  t.throws(() => auditSources('', keepalive), { code: 'WL_USAGE', message: /^"": .* got ENOENT/ });
});

test('docs/toolkit/audit-source.md has every key of the document and no other', (t) => {
  const folder = tree(t, {
    'a.c': `${dialling}void warm(int fd) { setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, 0, 0); }
int make(void) { return socket(AF_INET, SOCK_STREAM, 0); }`,
  });
  const report = auditSources(folder, keepalive);
  t.true(report.sites.some(({ elsewhere }) => elsewhere !== null));
  const keys = new Set(keysOfValue(JSON.parse(JSON.stringify(report))));
  const named = readTable(readText('docs/toolkit/audit-source.md'), 'key').flatMap(
    ([names = []]) => names,
  );
  t.deepEqual([...named].sort(), [...keys].sort());
});

test('docs/toolkit/audit-source.md has every verdict and every doubt', (t) => {
  const page = readText('docs/toolkit/audit-source.md');
  const named = (header: string) => readTable(page, header).map(([names = []]) => names[0]);
  t.deepEqual(named('verdict'), [
    'missing',
    'partial',
    'set',
    'unix',
    'datagram',
    'other',
    'scratch',
    'wrapper',
  ]);
  t.deepEqual(named('doubt'), ['kind', 'use', 'callers', 'elsewhere']);
});

const compiled = requires(command('g++', 'g++'), command('gcc', 'gcc'));

for (const [compiler, language] of [
  ['gcc', 'c'],
  ['g++', 'c++'],
] as const) {
  compiled(`what to add compiles as ${language}, and the kernel then holds its values`, (t) => {
    const folder = tree(t, { 'main.c': [...snippetFunction(keepalive), main].join('\n') });
    const options = ['-Wall', '-Wextra', '-Wpedantic', '-Werror', '-x', language, '-o', 'main'];
    execFileSync(compiler, [...options, 'main.c'], { cwd: folder, env: systemEnv });
    const held = execFileSync(join(folder, 'main'), { env: systemEnv, encoding: 'utf8' });
    t.is(held, '1 60 10 3 90000\n');
  });
}

test('without a user timeout none is set', (t) => {
  const lines = snippetFunction({ ...keepalive, userTimeout: 0 });
  t.false(lines.join('\n').includes('TCP_USER_TIMEOUT'));
  t.true(snippetFunction(keepalive).every((line) => line.length <= 100));
});

/** Prints what a socket holds. */
const main = `
#include <stdio.h>
static int held(int fd, int level, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(fd, level, option, &value, &length) == 0 ? value : -1;
}
int main(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (keep_warm(fd) == -1 || keep_warm(-1) != -1) return 1;
  printf("%d %d %d %d %d\\n", held(fd, SOL_SOCKET, SO_KEEPALIVE),
         held(fd, IPPROTO_TCP, TCP_KEEPIDLE), held(fd, IPPROTO_TCP, TCP_KEEPINTVL),
         held(fd, IPPROTO_TCP, TCP_KEEPCNT), held(fd, IPPROTO_TCP, TCP_USER_TIMEOUT));
  return 0;
}
`;

function explain(t: ExecutionContext, files: Readonly<Record<string, string>>): string[] {
  return explainSources(auditSources(tree(t, files), keepalive));
}

/** A folder with these files. */
function tree(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder(t);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}
