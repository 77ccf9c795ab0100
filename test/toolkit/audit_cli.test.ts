// warmline audit: the command, with privilege and without, on connections of this process.
import { auditSelf, connectPair, keepWarm } from '../helpers/audited.js';
import { type Outcome, runCli } from '../helpers/cli.js';
import { requires, root } from '../helpers/requires.js';
import { test } from '../helpers/steady.js';

const warm = { idle: 7000, interval: 20, count: 4, userTimeout: 180_000 };

/** What starts a program as nobody. */
const asNobody = { through: ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] };

const asRoot = requires(root);

test.serial(
  'the table has a row a connection, the reasons and a last line that sums up',
  async (t) => {
    const { port, client } = await connectPair(t);
    keepWarm(client, warm);
    const args = ['audit', '--all', '--listen', String(port), '--preset', 'aws-nat-gateway'];
    const { code, stdout, stderr } = await runCli(args);
    t.is(stderr, '');
    t.is(code, 0);
    t.regex(stdout, /^LOCAL +PEER +PROCESS +KEEPALIVE +NEXT +HEARD +IDLE +VERDICT$/m);
    t.regex(
      stdout,
      new RegExp(`^127\\.0\\.0\\.1:${port} .*/${process.pid} .* lost: keepaliveOff$`, 'm'),
    );
    t.regex(stdout, /^LISTENS ON +PROCESS +INHERITED +ACCEPTED NOW +VERDICT$/m);
    t.regex(
      stdout,
      /^1 x keepaliveOff: keepalive is off, so nothing keeps it in the memory of aws-nat/m,
    );
    t.regex(stdout, /as server: 1 connection and 1 listener, process/);
    t.regex(
      stdout,
      /\n1 connection: 0 with keepalive, 1 without, 0 unknown; 1 would be lost behind /,
    );
  },
);

test.serial('with --json it is one document, the same as the report', async (t) => {
  const { port } = await connectPair(t);
  const { code, stdout } = await runCli(['audit', '--all', '--json', '--listen', String(port)]);
  t.is(code, 0);
  const told = JSON.parse(stdout) as ReturnType<typeof auditSelf>;
  const ours = auditSelf({ listen: port });
  t.deepEqual(Object.keys(told), Object.keys(ours));
  t.deepEqual(Object.keys(told.connections[0] ?? {}), Object.keys(ours.connections[0] ?? {}));
  t.deepEqual(Object.keys(told.summary), Object.keys(ours.summary));
  t.deepEqual(told.programs, ours.programs);
});

test.serial('--strict makes an exit code of what was found, and only of that', async (t) => {
  const { port, client, accepted, clientPort } = await connectPair(t, { inherited: warm });
  const listen = ['--listen', String(port)];
  t.is((await runCli(['audit', '--all', '--strict', ...listen])).code, 0);
  t.is((await runCli(['audit', '--all', '--strict', ...listen, '--nat-timeout', '350s'])).code, 1);
  t.is((await runCli(['audit', '--all', ...listen, '--nat-timeout', '350s'])).code, 0);
  t.true(client.localPort === clientPort && accepted.localPort === port);
});

for (const [args, message] of [
  [['--pid', 'x'], /--pid: expected a whole number from 1 to \d+, got "x"/],
  [['--listen', '65536'], /--listen: expected a whole number from 1 to 65535, got "65536"/],
  [['--nat-timeout', '350'], /--nat-timeout: expected a duration such as "30s", got "350"/],
  [['--preset', 'nobody'], /--preset .*nobody.* is invalid.*aws-nat-gateway/],
  [['--pid', '1', '--container', 'a'], /--pid .*cannot be used with .*--container/],
] as const) {
  test.serial(`audit ${args.join(' ')} is a wrong command line`, async (t) => {
    const { code, stdout, stderr } = await runCli(['audit', ...args]);
    t.is(code, 2);
    t.is(stdout, '');
    t.regex(stderr, message);
    t.regex(stderr, /\[WL_USAGE\]\n$/);
  });
}

test.serial('a process or a container that is not there is an error', async (t) => {
  const process = await runCli(['audit', '--pid', '4194304']);
  t.is(process.code, 1);
  t.regex(
    process.stderr,
    /--pid: expected the id of a running process, got 4194304; .*\[WL_AUDIT\]/,
  );
  const container = await runCli(['audit', '--container', 'feedfacefeedface']);
  t.is(container.code, 1);
  t.regex(container.stderr, /--container: expected the id of a running container .*\[WL_AUDIT\]/);
});

asRoot('without privilege every connection is seen, and what is not known is said', async (t) => {
  const { port, accepted } = await connectPair(t);
  const args = ['audit', '--all', '--json', '--listen', String(port)];
  const off = only(await runCli(args, asNobody));
  t.like(off, {
    keepalive: 'off',
    values: null,
    unread: 'noProcess',
    verdict: 'lost',
    processes: [],
  });

  keepWarm(accepted, warm);
  const on = only(await runCli([...args, '--nat-timeout', '2h'], asNobody));
  t.like(on, { keepalive: 'on', values: null, verdict: 'unknown' });
  t.regex(on.why, /no process that may be looked into has it/);
  t.true((on.timerLeft ?? 0) > 6_900_000);
});

asRoot('the timer alone shows what will come too late', async (t) => {
  const { port, accepted } = await connectPair(t);
  keepWarm(accepted, warm);
  const args = ['audit', '--all', '--json', '--listen', String(port), '--nat-timeout', '350s'];
  t.like(only(await runCli(args, asNobody)), { verdict: 'lost', code: 'natForgets', values: null });
});

asRoot(
  'without privilege the table says how many processes stay hidden, and how to see them',
  async (t) => {
    const { port } = await connectPair(t);
    const { code, stdout } = await runCli(['audit', '--all', '--listen', String(port)], asNobody);
    t.is(code, 0);
    t.regex(
      stdout,
      /2 sockets whose process is not known: \d+ processes may not be looked into; .* sudo/,
    );
  },
);

asRoot("another's process is refused by name", async (t) => {
  const { code, stderr } = await runCli(['audit', '--pid', String(process.pid)], asNobody);
  t.is(code, 1);
  t.regex(stderr, new RegExp(`process ${process.pid}: .* sudo \\[WL_PRIVILEGE\\]`));
});

function only({ stdout }: Outcome): ReturnType<typeof auditSelf>['connections'][number] {
  const { connections } = JSON.parse(stdout) as ReturnType<typeof auditSelf>;
  const [connection] = connections;
  if (connection === undefined || connections.length > 1) throw new Error(stdout);
  return connection;
}
