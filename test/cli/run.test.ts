// A run from its first words to its exit code: what it says, what it logs, and how signals end it.
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { mainPath } from '../helpers/cli.js';
import { connectTo } from '../helpers/connection.js';
import { type Program, startProgram } from '../helpers/program.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { listenerGone } from '../helpers/tcp_table.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { nextEvent } from '../helpers/waiting.js';
import { type LogLine, startRun, Warmline } from '../helpers/warmline.js';

function start(t: ExecutionContext, ...words: string[]): Program {
  return startRun(t, words);
}

/** The log line of an event. */
function logged(program: Program, event: string): Promise<LogLine> {
  return new Warmline(program).event(event);
}

async function portOf(program: Program): Promise<Port> {
  return (await new Warmline(program).listening()).port;
}

test.serial(
  'a file with an echo endpoint is said in plain words, relays, and ends well',
  async (t) => {
    const file = join(temporaryFolder(t), 'warmline.yaml');
    const echo = join(temporaryFolder(t), 'echo.sock');
    writeFileSync(
      file,
      `log: { format: json }
workers: 1
routes:
  - name: echo
    listen: 127.0.0.1:0
    upstream: unix:${echo}
`,
    );
    const program = start(t, file, '--echo', `unix:${echo}`);
    const port = await portOf(program);
    await program.until(
      'line to try',
      (line) => line === `try it: nc 127.0.0.1 ${port}` || undefined,
    );
    const words = program.output.split('\n').filter((line) => !line.startsWith('{'));
    t.regex(words[0] ?? '', /^warmline \d+\.\d+\.\d+$/);
    t.deepEqual(words.slice(1, 5), [
      `echo: 127.0.0.1:${port} -> unix:${echo}`,
      '  client leg: probed after 60s idle, then every 10s, 3 times; ' +
        'a dead peer is noticed after about 90s idle, about 91s with data in flight',
      '  upstream leg: unix sockets, where keepalive does not apply',
      `echo endpoint: unix:${echo}`,
    ]);
    t.regex(
      words[5] ?? '',
      /^workers: 1 with (epoll|io_uring).*; about \d+ sessions fit in \d+ file descriptors$/,
    );

    t.like(await logged(program, 'start'), { config: file, routes: 1, workers: 1 });
    const client = await connectTo(t, port);
    await client.write('warm');
    t.is(String(await client.read(4)), 'warm');
    client.finish();
    t.is(await client.readAll(), 'fin');
    t.like(await logged(program, 'sessionClosed'), {
      level: 'info',
      route: 'echo',
      reason: 'clientFin',
      bytesToUpstream: 4,
      bytesToClient: 4,
      upstreamKeepalive: null,
    });
    t.deepEqual(await program.stop('SIGTERM'), { code: 0, signal: null });
    t.like(await logged(program, 'shutdown'), { drained: true, reset: 0 });
    t.false(existsSync(echo));
  },
);

test.serial('a route from the command line may have several listeners and endpoints', async (t) => {
  const upstream = await startUpstream(t);
  const { port } = upstream.address as { port: number };
  const listen = ['--listen', '127.0.0.1:0', '--listen', '127.0.0.1:0'];
  const to = ['--upstream', '127.0.0.1:1', '--upstream', `127.0.0.1:${port}`];
  const program = start(
    t,
    ...listen,
    ...to,
    '--keepalive',
    '45s/5s/4',
    '--upstream-keepalive',
    'off',
  );
  t.like(await logged(program, 'listening'), {
    route: 'relay',
    endpoints: ['127.0.0.1:1', `127.0.0.1:${port}`],
    clientKeepalive: { idle: 45, interval: 5, count: 4, userTimeout: 65_000 },
    upstreamKeepalive: null,
  });
  const client = await connectTo(t, await portOf(program));
  const server = await upstream.accept();
  await server.write('hello');
  t.is(String(await client.read(5)), 'hello');
  t.like(await logged(program, 'dialFailed'), { reason: 'dialRefused', errno: 'ECONNREFUSED' });
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  test.serial(`after ${signal} an open session may finish, and new ones are refused`, async (t) => {
    const upstream = await startUpstream(t);
    const { port } = upstream.address as { port: number };
    const program = start(t, '--listen', '127.0.0.1:0', '--upstream', `127.0.0.1:${port}`);
    const at = await portOf(program);
    const client = await connectTo(t, at);
    const server = await upstream.accept();
    const stopped = program.stop(signal);
    t.like(await logged(program, 'draining'), { active: 1, limit: 30_000 });
    await listenerGone(at);
    await t.throwsAsync(connectTo(t, at), { code: 'ECONNREFUSED' });
    await client.write('last words');
    t.is(String(await server.read(10)), 'last words');
    client.finish();
    server.finish();
    t.deepEqual(await stopped, { code: 0, signal: null });
    t.like(await logged(program, 'shutdown'), { level: 'info', drained: true, reset: 0 });
  });
}

test.serial(
  'a second signal resets what is left at once, and the exit code is still 0',
  async (t) => {
    const upstream = await startUpstream(t);
    const { port } = upstream.address as { port: number };
    const program = start(t, '--listen', '127.0.0.1:0', '--upstream', `127.0.0.1:${port}`);
    const client = await connectTo(t, await portOf(program));
    const server = await upstream.accept();
    process.kill(program.pid, 'SIGTERM');
    await logged(program, 'draining');
    const stopped = program.stop('SIGTERM');
    t.is(await client.readAll(), 'ECONNRESET');
    t.is(await server.readAll(), 'ECONNRESET');
    t.deepEqual(await stopped, { code: 0, signal: null });
    t.like(await logged(program, 'sessionClosed'), {
      level: 'warn',
      reason: 'drained',
      leg: 'none',
    });
    t.like(await logged(program, 'shutdown'), { level: 'warn', drained: false, reset: 1 });
    t.true(program.output.includes('warmline: sessions that had not ended and were reset: 1'));
  },
);

test.serial('sessions that outlast drainTimeout are reset', async (t) => {
  const upstream = await startUpstream(t);
  const { port } = upstream.address as { port: number };
  const file = join(temporaryFolder(t), 'warmline.yaml');
  writeFileSync(
    file,
    `log: { format: json }
drainTimeout: 200ms
routes: [{ name: slow, listen: 127.0.0.1:0, upstream: 127.0.0.1:${port} }]
`,
  );
  const program = start(t, file);
  const client = await connectTo(t, await portOf(program));
  await upstream.accept();
  t.deepEqual(await program.stop(), { code: 0, signal: null });
  t.is(await client.readAll(), 'ECONNRESET');
  t.like(await logged(program, 'shutdown'), { drained: false, reset: 1 });
});

test.serial('readers of both outputs that go away do not end the relay', async (t) => {
  const upstream = await startUpstream(t);
  const { port } = upstream.address as { port: number };
  const path = join(temporaryFolder(t), 'relay.sock');
  const words = ['run', '--listen', `unix:${path}`, '--upstream', `127.0.0.1:${port}`];
  const child = spawn(process.execPath, [mainPath, ...words]);
  t.teardown(() => child.kill('SIGKILL'));
  await nextEvent(child.stdout, 'data');
  child.stdout.destroy();
  child.stderr.destroy();
  for (let session = 0; session < 5; session++) {
    const client = await connectTo(t, { path });
    const server = await upstream.accept();
    await server.write('still here');
    t.is(String(await client.read(10)), 'still here');
    client.finish();
    t.is(await server.readAll(), 'fin');
    server.finish();
  }
  child.kill('SIGTERM');
  t.deepEqual(await nextEvent(child, 'exit'), [0, null]);
});

test.serial(
  'an exception that nothing catches resets the sessions, flushes the log and is one line',
  async (t) => {
    const upstream = await startUpstream(t);
    const { port } = upstream.address as { port: number };
    const fault = `data:text/javascript,process.on('SIGUSR2', () => { throw new Error('boom') })`;
    const words = ['run', '--listen', '127.0.0.1:0', '--upstream', `127.0.0.1:${port}`];
    const program = startProgram(t, [process.execPath, '--import', fault, mainPath, ...words]);
    const client = await connectTo(t, await portOf(program));
    await upstream.accept();
    process.kill(program.pid, 'SIGUSR2');
    t.is(await client.readAll(), 'ECONNRESET');
    t.deepEqual(await program.ended(), { code: 1, signal: null });
    t.like(await logged(program, 'shutdown'), { drained: false, reset: 1 });
    const said = 'warmline: unexpected: boom; run with --log-level debug to see where [WL_ENGINE]';
    t.true(program.output.split('\n').includes(said), program.output);
    t.false(program.output.includes('    at '));
  },
);
