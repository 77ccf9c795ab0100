// Audit, judged: what follows from the kernel's list alone, for states and timers that no test can bring about in time, and
// what becomes of what may not be read. The addon is one that says what the test wants.

import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { auditWords } from '../../src/cli/audit_words.js';
import type { ProbeResult } from '../../src/engine/contract.js';
import type { DiagSocket, DumpResult, SocketDiagnosis } from '../../src/engine/sock_diag.js';
import { type AuditOptions, audit } from '../../src/toolkit/audit/audit.js';
import { boxOf } from '../../src/toolkit/audit/box.js';
import type { AuditedConnection } from '../../src/toolkit/audit/report.js';
import { temporaryFolder } from '../helpers/temporary.js';

const [established, synReceived, finWait2, timeWait, closeWait] = [1, 3, 5, 6, 8];
const [noTimer, retransmission, keepaliveTimer, timeWaitTimer, windowProbe] = [0, 1, 2, 3, 4];

const socket: DiagSocket = {
  local: '10.0.0.1:1000',
  peer: '10.0.0.2:2000',
  state: established,
  timer: noTimer,
  tries: 0,
  expires: 0,
  uid: 1000,
  inode: 77,
  lastHeard: 1000,
  payloadIdle: 2000,
};

for (const [what, listed, keepalive, verdict] of [
  ['no timer', {}, 'off', 'lost'],
  ['the keepalive timer', { timer: keepaliveTimer, expires: 9000 }, 'on', 'fine'],
  ['a retransmission', { timer: retransmission }, 'unknown', 'unknown'],
  ['a window probe', { timer: windowProbe }, 'unknown', 'unknown'],
  ['CLOSE_WAIT', { state: closeWait }, 'off', 'lost'],
  ['FIN_WAIT2', { state: finWait2, timer: keepaliveTimer }, 'on', 'fine'],
  ['FIN_WAIT2 that no process has', { state: finWait2, timer: 2, inode: 0 }, 'unknown', 'none'],
  ['TIME_WAIT', { state: timeWait, timer: timeWaitTimer, inode: 0 }, 'unknown', 'none'],
  ['SYN_RECV', { state: synReceived, timer: keepaliveTimer }, 'unknown', 'none'],
] as const) {
  test(`by ${what} alone keepalive is ${keepalive}, and the verdict ${verdict}`, (t) => {
    t.like(auditOne(t, listed), { keepalive, verdict, values: null, unread: 'noProcess' });
  });
}

test('what has passed and what is left together prove a time too long, and never one short enough', (t) => {
  const box = boxOf(undefined, 350);
  const listed = { timer: keepaliveTimer, lastHeard: 50_000 };
  const late = auditOne(t, { ...listed, expires: 300_000 }, { box });
  t.like(late, { verdict: 'lost', code: 'natForgets' });
  t.regex(late.why, /after 350s of silence or later, behind a box, which forgets after 350s/);
  const early = auditOne(t, { ...listed, expires: 299_999 }, { box });
  t.like(early, { verdict: 'unknown', code: null });
});

test('a peer that does not answer has been silent for long, and that proves no time too long', (t) => {
  const box = boxOf(undefined, 350);
  const listed = { timer: keepaliveTimer, tries: 1, lastHeard: 400_000 };
  t.like(auditOne(t, { ...listed, expires: 10_000 }, { box }), { verdict: 'unknown', code: null });
  t.like(auditOne(t, { ...listed, expires: 350_000 }, { box }), { verdict: 'lost' });
});

test('probes without an answer are counted while the keepalive timer shows', (t) => {
  t.is(auditOne(t, { timer: keepaliveTimer, tries: 2 }).probes, 2);
  t.is(auditOne(t, { timer: retransmission, tries: 2 }).probes, 0);
});

for (const [errno, name, unread] of [
  [1, 'EPERM', 'notPermitted'],
  [3, 'ESRCH', 'gone'],
  [9, 'EBADF', 'gone'],
  [116, 'ESTALE', 'gone'],
  [38, 'ENOSYS', 'refused'],
] as const) {
  test(`values that ${name} keeps from being read are null, with the reason ${unread}`, (t) => {
    const answer = { ok: false, failure: { errno, syscall: 'pidfd_getfd' } } as const;
    const proc = procWith(t, 77);
    t.like(auditOne(t, {}, {}, { answer, proc }), { keepalive: 'off', values: null, unread });
  });
}

test('what was read says more than a timer that hides keepalive', (t) => {
  const effective = { enabled: true, idle: 60, interval: 10, count: 3, userTimeout: 0 };
  const options = { answer: { ok: true, effective } as const, proc: procWith(t, 77) };
  const connection = auditOne(t, { timer: retransmission }, { box: boxOf('meraki') }, options);
  t.like(connection, { keepalive: 'on', verdict: 'fine', timerLeft: null, unread: null });
});

test('a name that a process gave itself does not command a terminal', (t) => {
  const proc = procWith(t, 77, 'a\u001b[31m\nb');
  const answer = { ok: false, failure: { errno: 1, syscall: 'pidfd_getfd' } } as const;
  t.is(auditOne(t, {}, {}, { answer, proc }).processes[0]?.name, 'a?[31m?b');
  // One that turns the direction of writing: "txt.exe" would read "exe.txt".
  const turned = procWith(t, 77, 'a\u202etxt.exe');
  t.is(auditOne(t, {}, {}, { answer, proc: turned }).processes[0]?.name, 'a?txt.exe');
});

test('where /proc shows no processes of others, that is said, and nothing is counted', (t) => {
  // The first process is always there, unless it is hidden.
  const machine = {
    addon: fake({ ok: true, sockets: [socket], complete: true }),
    proc: procWith(t),
  };
  const report = audit({}, machine);
  t.is(report.summary.hiddenProcesses, null);
  t.regex(
    auditWords(report).at(-2) ?? '',
    /^1 socket whose process is not known: .*hidepid.* sudo/,
  );
  t.throws(() => audit({ pid: 5 }, machine), { code: 'WL_PRIVILEGE', message: /hidepid/ });

  mkdirSync(`${machine.proc}/1`);
  t.is(audit({}, machine).summary.hiddenProcesses, 0);
  t.throws(() => audit({ pid: 5 }, machine), { code: 'WL_AUDIT' });
});

for (const [words, command] of [
  [['java', '-Xmx1g', '-Dpassword=x', '-jar', 'app.jar', '--port=1'], '-jar app.jar'],
  [['java', '-Dpassword=x', 'app.Main'], 'app.Main'],
  [['python3', '-m', 'http.server', '8000'], '-m http.server'],
  [['python3', 'my app.py'], "'my app.py'"],
  [['node', '--enable-source-maps', 'app.js', 'x'], 'app.js'],
  [['node'], ''],
] as const) {
  test(`${words.join(' ')} is preloaded as ${words[0]} ${command}`, (t) => {
    const proc = procWith(t, 77, words[0]);
    const exe = `${proc}/${words[0]}`;
    copyFileSync('/bin/true', exe);
    symlinkSync(exe, `${proc}/123/exe`);
    writeFileSync(`${proc}/123/cmdline`, `${words.join('\0')}\0`);
    const addon = fake({ ok: true, sockets: [socket], complete: true });
    const [program] = audit({}, { addon, proc }).programs;
    const snippet = program?.remedies.find(({ kind }) => kind === 'preload')?.snippet ?? '';
    t.is(snippet.split(' -- ')[1], `${exe} ${command}`.trimEnd());
  });
}

test('a list that was not read whole says so', (t) => {
  const machine = { addon: fake({ ok: true, sockets: [], complete: false }), proc: procWith(t) };
  t.false(audit({}, machine).summary.complete);
});

for (const [errno, code] of [
  [1, 'WL_PRIVILEGE'],
  [13, 'WL_PRIVILEGE'],
  [93, 'WL_AUDIT'],
] as const) {
  test(`a list that the kernel refuses with ${errno} is ${code}`, (t) => {
    const addon = fake({ ok: false, failure: { errno, syscall: 'socket(NETLINK_SOCK_DIAG)' } });
    t.throws(() => audit({}, { addon, proc: procWith(t) }), { code, message: /SOCK_DIAG/ });
  });
}

interface Circumstances {
  readonly answer?: ProbeResult;
  readonly proc?: string;
}

function auditOne(
  t: ExecutionContext,
  listed: Partial<DiagSocket>,
  options: AuditOptions = {},
  { answer, proc = procWith(t) }: Circumstances = {},
): AuditedConnection {
  const sockets = [{ ...socket, ...listed }];
  const addon = fake({ ok: true, sockets, complete: true }, answer);
  const [connection] = audit(options, { addon, proc }).connections;
  if (connection === undefined) throw new Error('nothing was audited');
  return connection;
}

function fake(dump: DumpResult, answer?: ProbeResult): SocketDiagnosis {
  return {
    dumpTcpSockets: () => dump,
    readKeepaliveOf: ({ sockets }) => sockets.flatMap(() => answer ?? []),
  };
}

/** A folder that looks like proc(5), with one process that has the socket of that inode, if any. */
function procWith(t: ExecutionContext, inode?: number, name = 'program'): string {
  const proc = temporaryFolder(t);
  symlinkSync('/proc/self', `${proc}/self`);
  if (inode === undefined) return proc;
  mkdirSync(`${proc}/123/fd`, { recursive: true });
  writeFileSync(`${proc}/123/comm`, `${name}\n`);
  symlinkSync(`socket:[${inode}]`, `${proc}/123/fd/4`);
  return proc;
}
