// Real programs with the preload library in them, each read from outside while its connection stands, and beside it the
// same with Debian's libkeepalive.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { hasLibkeepalive, libkeepalive, preloadedEnv } from '../helpers/preloaded.js';
import { type CommandLine, startProgram } from '../helpers/program.js';
import { command, ptraceOfOthers, requires } from '../helpers/requires.js';
import { borrowSocketOptions, type HeldKeepalive, heldKeepalive } from '../helpers/sockets.js';
import { within } from '../helpers/waiting.js';

const given = [61, 11, 5, 0] as const;
const values = { KEEPIDLE: '61', KEEPINTVL: '11', KEEPCNT: '5' };

interface Client {
  readonly name: string;
  readonly debianPackage: string;
  readonly words: (port: string) => CommandLine;
  readonly holds: HeldKeepalive;
  readonly because: string;
}

const python =
  'import socket, sys; socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(1)';
const node = 'require("net").connect(process.argv[1], "127.0.0.1")';

/** What waits for a word of its server, and what each sets by itself. */
const clients: readonly Client[] = [
  {
    name: 'nc',
    debianPackage: 'netcat-openbsd',
    words: (port) => ['nc', '127.0.0.1', port],
    holds: given,
    because: 'it sets nothing',
  },
  {
    name: 'curl',
    debianPackage: 'curl',
    words: (port) => ['curl', '-s', '--no-keepalive', `http://127.0.0.1:${port}/`],
    holds: given,
    because: 'it sets nothing with --no-keepalive',
  },
  {
    name: 'curl',
    debianPackage: 'curl',
    words: (port) => ['curl', '-s', '--keepalive-time', '77', `http://127.0.0.1:${port}/`],
    holds: [77, 77, 5, 0],
    because: 'its own times stand',
  },
  {
    name: 'psql',
    debianPackage: 'postgresql-client',
    words: (port) => ['psql', '-h', '127.0.0.1', '-p', port, '-U', 'nobody', 'postgres'],
    holds: given,
    because: 'libpq turns keepalive on and sets no times',
  },
  {
    name: 'psql',
    debianPackage: 'postgresql-client',
    words: (port) => ['psql', `host=127.0.0.1 port=${port} dbname=a user=b keepalives_idle=99`],
    holds: [99, 11, 5, 0],
    because: 'its own idle time stands',
  },
  {
    name: 'ssh',
    debianPackage: 'openssh-client',
    words: (port) => ['ssh', '-F', 'none', '-o', 'BatchMode=yes', '-p', port, '127.0.0.1'],
    holds: given,
    because: 'it turns keepalive on and sets no times',
  },
  {
    name: 'python3',
    debianPackage: 'python3',
    words: (port) => ['python3', '-c', python, port],
    holds: given,
    because: 'it sets nothing',
  },
  {
    // A tool of the Java runtime that connects: nothing has to be compiled.
    name: 'keytool',
    debianPackage: 'default-jre-headless',
    words: (port) => ['keytool', '-printcert', '-sslserver', `127.0.0.1:${port}`],
    holds: given,
    because: 'a Java client sets nothing',
  },
  {
    name: 'node',
    debianPackage: 'nodejs',
    words: (port) => [process.execPath, '-e', node, port],
    holds: given,
    because: 'it sets nothing',
  },
];

/** What reading another program's sockets needs. */
const reading = [command('setpriv', 'util-linux'), ptraceOfOthers];

for (const { name, debianPackage, words, holds, because } of clients) {
  const test = requires(command(name, debianPackage), ...reading);
  test(`${name} holds ${holds?.join('/')}: ${because}`, async (t) => {
    t.deepEqual(await heldBy(t, words), holds);
  });
  const testBoth = requires(command(name, debianPackage), ...reading, hasLibkeepalive);
  testBoth(`${name} holds the same with libkeepalive: ${because}`, async (t) => {
    t.deepEqual(await heldBy(t, words, { LD_PRELOAD: libkeepalive }), holds);
  });
}

/** What the program's connection holds. */
async function heldBy(
  t: ExecutionContext,
  words: Client['words'],
  library: { LD_PRELOAD?: string } = {},
): Promise<HeldKeepalive | undefined> {
  const { port, connected } = await holdingServer(t);
  const env = preloadedEnv({ ...values, ...library });
  const program = startProgram(t, words(String(port)), { env });
  await within('connection', connected, 60_000);
  const sockets = borrowSocketOptions(program.pid);
  return heldKeepalive(sockets.find(({ remotePort }) => remotePort === port));
}

/** A server that says nothing, so that its clients wait. */
async function holdingServer(
  t: ExecutionContext,
): Promise<{ port: Port; connected: Promise<unknown> }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    t.teardown(() => socket.destroy());
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, connected: once(server, 'connection') };
}
