// Engine: which back end runs is what the file asks for and the kernel allows, as told by the program and by /proc.
import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { formatAddress } from '../../src/config/address.js';
import { runCli } from '../helpers/cli.js';
import { connectTo } from '../helpers/connection.js';
import { projectRoot } from '../helpers/repository.js';
import { startEcho } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { runConfig, type Warmline } from '../helpers/warmline.js';

/** Starts a program that gets EPERM from io_uring_setup(2). */
const forbidding = ['python3', join(projectRoot, 'test/helpers/without_io_uring.py')] as const;

const workers = 2;

async function yaml(t: ExecutionContext, engine: string): Promise<string> {
  const upstream = formatAddress(await startEcho(t));
  return `engine: ${engine}
workers: ${workers}
routes: [{ name: main, listen: '127.0.0.1:0', upstream: '${upstream}' }]
`;
}

/** Whether this test itself may use io_uring, asked of the kernel without warmline. */
function isAllowed(): boolean {
  const ask =
    'import ctypes; print(ctypes.CDLL(None).syscall(425, 1, ctypes.create_string_buffer(120)) >= 0)';
  return execFileSync('python3', ['-c', ask], { encoding: 'utf8' }).trim() === 'True';
}

/** Rings that the process has open. */
function ringsOf({ pid }: Warmline): number {
  const folder = `/proc/${pid}/fd`;
  const links = readdirSync(folder).map((fd) => readlinkSync(join(folder, fd)));
  return links.filter((link) => link === 'anon_inode:[io_uring]').length;
}

async function relaysWith(t: ExecutionContext, warmline: Warmline, engine: string): Promise<void> {
  t.like(await warmline.event('start'), { engine, workers });
  t.is(ringsOf(warmline), engine === 'io_uring' ? workers : 0);
  const client = await connectTo(t, (await warmline.listening()).port);
  await client.write('warm');
  t.is(String(await client.read(4)), 'warm');
}

test('auto is io_uring where the kernel lets us, a ring for each worker', async (t) => {
  const warmline = runConfig(t, await yaml(t, 'auto'));
  await relaysWith(t, warmline, isAllowed() ? 'io_uring' : 'epoll');
  t.is(warmline.told('ioUringRefused').length, isAllowed() ? 0 : 1);
});

test('epoll is epoll, without a ring', async (t) => {
  const warmline = runConfig(t, await yaml(t, 'epoll'));
  await relaysWith(t, warmline, 'epoll');
  t.deepEqual(warmline.told('ioUringRefused'), []);
});

test('where io_uring is forbidden, auto is epoll and says why', async (t) => {
  const warmline = runConfig(t, await yaml(t, 'auto'), (...line) => [...forbidding, ...line]);
  t.like(await warmline.event('ioUringRefused'), { errno: 'EPERM', syscall: 'io_uring_setup' });
  await relaysWith(t, warmline, 'epoll');
  // The log and the words are two pipes, and either may be read first.
  await warmline.program.until(
    'reason',
    (line) =>
      line.includes('with epoll, as io_uring is refused (io_uring_setup gave EPERM);') || undefined,
  );
});

test('where io_uring is forbidden, asking for it is an error that says so', async (t) => {
  const file = join(temporaryFolder(t), 'warmline.yaml');
  writeFileSync(file, await yaml(t, 'io_uring'));
  const { code, stdout, stderr } = await runCli(['run', file], { through: forbidding });
  t.is(code, 1);
  t.is(stdout, '');
  t.regex(
    stderr,
    /^warmline: engine: io_uring: the kernel refuses it: .+ EPERM; .+ \[WL_IO_URING\]\n$/,
  );
});
