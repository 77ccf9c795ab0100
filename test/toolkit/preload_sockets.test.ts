// Which sockets the preload library gives keepalive, and which it leaves alone.
import { cCompiler, compileFixture } from '../helpers/compiled.js';
import { preloadedEnv, runPreloaded } from '../helpers/preloaded.js';
import { startProgram } from '../helpers/program.js';
import { command, requires } from '../helpers/requires.js';

const test = requires(cCompiler);
const testMusl = requires(cCompiler, command('musl-gcc', 'musl-tools'));

const values = { KEEPIDLE: '61', KEEPINTVL: '11', KEEPCNT: '5' };
const given = '61/11/5/0';

test('TCP sockets get it over IPv4 and IPv6, whatever flags are in the type', (t) => {
  const { told } = runPreloaded([compileFixture(t, 'kinds')], values);
  for (const kind of ['tcp4', 'tcp4-named', 'tcp4-nonblock', 'tcp4-cloexec', 'tcp6']) {
    t.is(told[kind], given, kind);
  }
});

test('a duplicate is the same socket', (t) => {
  t.is(runPreloaded([compileFixture(t, 'kinds')], values).told['dup'], given);
});

test('all other sockets are left alone', (t) => {
  const { told } = runPreloaded([compileFixture(t, 'kinds')], values);
  const others = Object.entries(told).filter(([kind]) => !/^tcp|^dup/.test(kind));
  t.true(others.length >= 6, `found ${others.length} kinds`);
  t.deepEqual(
    others.filter(([, held]) => held !== 'off'),
    [],
  );
});

for (const address of ['127.0.0.1', '::1']) {
  test(`connected and accepted sockets have it on ${address}`, (t) => {
    const { told } = runPreloaded([compileFixture(t, 'peers'), address], values);
    t.deepEqual([told['connected'], told['accepted'], told['accepted4']], [given, given, given]);
  });

  test(`sockets that were made elsewhere get it at accept and connect on ${address}`, (t) => {
    const { told } = runPreloaded([compileFixture(t, 'peers'), address], values);
    const kinds = ['connected-foreign', 'accepted-foreign', 'accepted4-foreign'];
    t.deepEqual(
      kinds.map((kind) => told[kind]),
      [given, given, given],
    );
    t.is(told['foreign-listener'], 'off', 'the listener belongs to others as well');
  });
}

test('what the program sets itself stands, also what its listener has', (t) => {
  for (const rules of ['', '127.0.0.0/8=50s/5s/5', '0.0.0.0/0=off']) {
    const variables = { ...values, WARMLINE_RULES: rules };
    const { told } = runPreloaded([compileFixture(t, 'peers')], variables);
    t.is(told['tuned'], '44/11/5/0');
    t.is(told['silenced'], 'off');
    t.is(told['accepted-silenced'], 'off');
    t.is(told['accepted-tuned'], '45/46/7/0');
  }
});

testMusl('it works in a program against musl, too', (t) => {
  const program = compileFixture(t, 'kinds', [], 'musl-gcc');
  t.is(runPreloaded([program], values).told['tcp4-nonblock'], given);
});

const acceptOne = `
listener = socket.socket(fileno=fd)
client = socket.create_connection(listener.getsockname())
accepted, _ = listener.accept()
print("accepted", accepted.getsockopt(6, socket.TCP_KEEPIDLE), accepted.getsockopt(1, 9))`;

/** How the child of another program comes to a listener that no library was near when it was made. */
const ways = {
  'was inherited': {
    child: 'fd = int(sys.argv[1])',
    give: 'give(listener)',
  },
  'was received over a unix socket': {
    child: 'fd = socket.recv_fds(socket.socket(fileno=int(sys.argv[1])), 1, 1)[1][0]',
    give: 'ours, theirs = socket.socketpair(); socket.send_fds(ours, [b"x"], [listener.fileno()]); give(theirs)',
  },
} as const;

const parent = `
import os, socket, sys
def give(channel):
    os.set_inheritable(channel.fileno(), True)
    os.environ["LD_PRELOAD"] = os.environ.pop("LATER")
    os.execvp(sys.executable, [sys.executable, "-c", sys.argv[1], str(channel.fileno())])
listener = socket.create_server(("127.0.0.1", 0))
`;

for (const [way, { child, give }] of Object.entries(ways)) {
  test(`a listener that ${way} gives accepted sockets keepalive`, async (t) => {
    const { LD_PRELOAD: later, ...env } = preloadedEnv(values);
    const words = ['-c', parent + give, `import socket, sys\n${child}${acceptOne}`];
    const commandLine = ['python3', ...words] as const;
    const program = startProgram(t, commandLine, { env: { ...env, LATER: later } });
    t.is(await program.until('line', (line) => /^accepted (.*)/.exec(line)?.[1]), '61 1');
  });
}
