// createRelay: the whole relay inside of a program, on the real engine.
import { getEventListeners, once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ExecutionContext } from 'ava';
import { formatAddress } from '../../src/config/address.js';
import {
  ConfigInvalidError,
  createRelay,
  type Relay,
  type RelayConfig,
  type RelayOptions,
  type SessionClosed,
} from '../../src/index.js';
import type { Port } from '../../src/units.js';
import { type Connection, connectTo, startConnecting } from '../helpers/connection.js';
import { guardFds } from '../helpers/fds.js';
import { startProgram } from '../helpers/program.js';
import { startEcho, startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { nextEvent, until, within } from '../helpers/waiting.js';

test.serial('a relay relays, and tells of its sessions, live and closed', async (t) => {
  const relay = await startRelay(t);
  const client = await talkThrough(t, portOf(relay));
  const [session] = await relay.sessions();
  t.is(session?.route, 'main');
  t.is(session?.clientKeepalive?.idle, 60);
  t.is(session?.upstreamLiveness?.state, 'proven');
  t.is(relay.stats().active, 1);

  const closed = nextEvent(relay, 'sessionClosed');
  client.finish();
  const [event] = (await closed) as [SessionClosed];
  t.like(event, { route: 'main', reason: 'clientFin', leg: 'client', errno: '', bytesToClient: 5 });
  t.is(session?.session, event.session);
  t.is(relay.stats().routes[0]?.closed['clientFin'], 1);
});

test.serial('an upstream that refuses is told with the name of the error', async (t) => {
  const upstream = await startUpstream(t);
  const endpoint = formatAddress(upstream.address);
  upstream.close();
  const relay = await startRelay(t, { upstream: endpoint });
  const failed = nextEvent(relay, 'dialFailed');
  const closed = nextEvent(relay, 'sessionClosed');
  startConnecting(t, portOf(relay));
  t.like((await failed)[0], { endpoint, reason: 'dialRefused', errno: 'ECONNREFUSED' });
  t.like((await closed)[0], { reason: 'dialRefused', leg: 'upstream', errno: 'ECONNREFUSED' });
});

test.serial('a listener is typed by its event, and can be taken away', async (t) => {
  const relay = await startRelay(t);
  const reasons: string[] = [];
  const note = ({ reason }: SessionClosed) => void reasons.push(reason);
  relay.on('sessionClosed', note);
  (await talkThrough(t, portOf(relay))).finish();
  await until('event', () => reasons.length === 1);
  relay.off('sessionClosed', note);
  const next = once(relay, 'sessionClosed');
  (await talkThrough(t, portOf(relay))).finish();
  await within('event', next);
  t.deepEqual(reasons, ['clientFin']);
});

test.serial(
  'live sessions get the keepalive of another config, and what needs a restart is told',
  async (t) => {
    const { routes, ...rest } = await configOf(t);
    const relay = await createRelay({ routes, ...rest });
    t.teardown(() => relay.close());
    await talkThrough(t, portOf(relay));
    const keepalive = { idle: '33s', client: 'off' } as const;
    const retuned = await relay.retune({
      workers: 3,
      routes: routes.map((route) => ({ ...route, keepalive })),
    });
    t.deepEqual(retuned.routes, [{ route: 'main', retuned: 1, unchanged: 0, failed: 0 }]);
    t.deepEqual(retuned.needsRestart, [{ route: null, keys: ['workers'] }]);
    const [session] = await relay.sessions();
    t.is(session?.upstreamKeepalive?.idle, 33);
    t.false(session?.clientKeepalive?.enabled);
  },
);

test.serial('everything that is wrong with a config is told at once, without lines', async (t) => {
  const wrong = {
    workers: 0,
    routes: [{ name: 'a b', listen: '127.0.0.1:0', keepalive: { idle: 30 } }],
  };
  const error = await t.throwsAsync(createRelay(wrong as unknown as RelayConfig), {
    code: 'WL_CONFIG_INVALID',
    instanceOf: ConfigInvalidError,
  });
  t.deepEqual(
    error?.problems.map(({ file, line, path }) => [file, line, path]),
    ['workers', 'routes[0].name', 'routes[0].upstream', 'routes[0].keepalive.idle'].map((path) => [
      'config',
      null,
      path,
    ]),
  );
  t.regex(error?.message ?? '', /^config: workers: expected a whole number from 1 to 64, got 0\n/);
});

test.serial('a path is read as a file, with lines for what is wrong with it', async (t) => {
  const file = join(temporaryFolder(t), 'warmline.yaml');
  await t.throwsAsync(createRelay(file), { code: 'WL_CONFIG_READ' });
  writeFileSync(file, 'routes:\n  - name: main\n    listen: 127.0.0.1:0\n');
  await t.throwsAsync(createRelay(file), {
    code: 'WL_CONFIG_INVALID',
    message: /yaml:2:5: routes/,
  });
  writeFileSync(file, JSON.stringify(await configOf(t)));
  const relay = await createRelay(file);
  t.teardown(() => relay.close());
  await talkThrough(t, portOf(relay));
});

test.serial('an address that is taken leaves nothing open', async (t) => {
  guardFds(t);
  const relay = await startRelay(t);
  const taken = await configOf(t, { listen: relay.listening[0]?.address ?? '' });
  await t.throwsAsync(createRelay(taken), { code: 'WL_LISTEN' });
});

test.serial(
  'several relays live in one process, and one that stops leaves the others alone',
  async (t) => {
    guardFds(t);
    const [one, other] = [await startRelay(t), await startRelay(t)];
    const client = await talkThrough(t, portOf(other));
    t.is(await one.stop(), 0);
    await client.write('still');
    t.is(String(await client.read(5)), 'still');
    t.deepEqual([one.stats().active, other.stats().active], [0, 1]);
  },
);

test.serial('a stop waits for sessions, and a close resets them', async (t) => {
  const relay = await startRelay(t);
  const client = await talkThrough(t, portOf(relay));
  const { signal } = new AbortController();
  const stopped = relay.stop({ signal });
  t.is(getEventListeners(signal, 'abort').length, 1);
  await client.write('while');
  t.is(String(await client.read(5)), 'while');
  await relay.close();
  t.is(await stopped, 1);
  t.is(await client.readAll(), 'ECONNRESET');
  t.is(await relay.stop(), 1);
  t.deepEqual(getEventListeners(signal, 'abort'), [], 'a signal may live longer than the relay');
  await t.throwsAsync(relay.sessions(), { code: 'WL_ENGINE' });
});

test.serial('a stop is cut short by its signal, and dispose is a close', async (t) => {
  const relay = await startRelay(t);
  await talkThrough(t, portOf(relay));
  const patience = new AbortController();
  const stopped = relay.stop({ signal: patience.signal });
  patience.abort();
  t.is(await stopped, 1);
  const other = await startRelay(t);
  await talkThrough(t, portOf(other));
  await other[Symbol.asyncDispose]();
  t.is(other.stats().active, 0);
});

test.serial('the log goes where the program wants it, one line of JSON at a time', async (t) => {
  const lines: string[] = [];
  const relay = await startRelay(t, {}, { log: (line) => lines.push(line) });
  (await talkThrough(t, portOf(relay))).finish();
  await nextEvent(relay, 'sessionClosed');
  await relay.stop();
  const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
  for (const event of ['start', 'listening', 'sessionClosed', 'shutdown']) {
    t.true(events.includes(event), `${event} of ${events}`);
  }
  t.true(lines.every((line) => line.endsWith('}\n')));
});

test.serial(
  'a log that throws is an uncaught exception, and the relay stops all the same',
  async (t) => {
    const thrown: Error[] = [];
    const note = (error: Error) => void thrown.push(error);
    const relay = await startRelay(
      t,
      {},
      {
        log(line) {
          if (line.includes('"draining"')) throw new Error('the disk is full');
        },
      },
    );
    const alone = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException').on('uncaughtException', note);
    t.teardown(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of alone) process.on('uncaughtException', listener);
    });
    t.is(await relay.stop(), 0);
    await until('exception', () => thrown.length > 0);
    t.deepEqual(
      thrown.map(({ message }) => message),
      ['the disk is full'],
    );
    await t.throwsAsync(relay.sessions(), { code: 'WL_ENGINE' });
  },
);

test.serial('an argument that makes no sense is refused', async (t) => {
  const config = await configOf(t);
  await t.throwsAsync(createRelay(config, { log: 'x' as unknown as (line: string) => void }), {
    code: 'WL_ARGUMENT',
    message: 'createRelay: log: expected a function, got "x"',
  });
  const relay = await startRelay(t);
  await talkThrough(t, portOf(relay));
  for (const limit of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 32]) {
    await t.throwsAsync(relay.sessions(limit), {
      code: 'WL_ARGUMENT',
      message: `sessions: limit: expected a whole number from 0 to 4294967295, got ${limit}`,
    });
  }
  t.is((await relay.sessions(2 ** 32 - 1)).length, 1);
});

test.serial(
  'nothing is printed, no signal is handled, and nothing keeps the process after a stop',
  async (t) => {
    const script = new URL('../helpers/embedding.js', import.meta.url).pathname;
    const config = JSON.stringify(await configOf(t));
    const program = startProgram(t, [process.execPath, script, config]);
    const { address, signals } = await program.until('address', (line) => JSON.parse(line));
    t.deepEqual(signals, []);
    const client = await talkThrough(t, Number(String(address).split(':').at(-1)));
    client.finish();
    await client.readAll();
    program.write('stop\n');
    t.deepEqual(await program.ended(), { code: 0, signal: null });
    t.deepEqual(program.output.split('\n').slice(1), ['{"reset":0}']);
  },
);

test.serial('a terminated Worker thread closes its relay, sessions and all', async (t) => {
  guardFds(t);
  const thread = new Worker(new URL('../helpers/relay_thread.js', import.meta.url), {
    workerData: await configOf(t),
  });
  const [address] = await nextEvent(thread, 'message');
  const client = await talkThrough(t, Number(String(address).split(':').at(-1)));
  t.is(await thread.terminate(), 1);
  t.is(await client.readAll(), 'ECONNRESET');
  const successor = await startRelay(t, { listen: String(address) });
  await talkThrough(t, portOf(successor));
});

type ConfigObject = Exclude<RelayConfig, string>;
type RouteObject = ConfigObject['routes'][number];

/** A relay of one route to an echo endpoint, for the length of a test. */
async function startRelay(
  t: ExecutionContext,
  route: Partial<RouteObject> = {},
  options: RelayOptions = {},
): Promise<Relay> {
  const relay = await createRelay(await configOf(t, route), options);
  t.teardown(() => relay.close());
  return relay;
}

async function configOf(
  t: ExecutionContext,
  route: Partial<RouteObject> = {},
): Promise<ConfigObject> {
  const upstream = formatAddress(await startEcho(t));
  return { workers: 2, routes: [{ name: 'main', listen: '127.0.0.1:0', upstream, ...route }] };
}

function portOf({ listening: [listener] }: Relay): Port {
  return Number(listener?.address.split(':').at(-1));
}

/** A client that has had its first word back. */
async function talkThrough(t: ExecutionContext, port: Port): Promise<Connection> {
  const client = await connectTo(t, port);
  await client.write('hello');
  t.is(String(await client.read(5)), 'hello');
  return client;
}
