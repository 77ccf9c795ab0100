// keepaliveAgent: every socket of an HTTP client has its keepalive from the first request on, and keeps it in the pool.
import {
  createServer as createHttpServer,
  get as getHttp,
  type IncomingMessage,
  type RequestListener,
} from 'node:http';
import { type AgentOptions, createServer as createHttpsServer, get as getHttps } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import type { ExecutionContext } from 'ava';
import { request, Agent as UndiciAgent } from 'undici';
import { diagnose, getKeepalive, type KeepaliveAgent, keepaliveAgent } from '../../src/index.js';
import { undiciConnector } from '../../src/library/undici.js';
import type { Port } from '../../src/units.js';
import { FakeTimers } from '../helpers/fake_timers.js';
import { listen, testIdentity } from '../helpers/node_sockets.js';
import { freePort } from '../helpers/service.js';
import { borrowSocketOptions, heldKeepalive } from '../helpers/sockets.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { nextEvent, within } from '../helpers/waiting.js';

const wish = { idle: '42s', interval: '7s', count: 5 } as const;
const expected = { enabled: true, idle: 42, interval: 7, count: 5, userTimeout: 77_000 };

/** Says which connection a request came by. */
const answer: RequestListener = ({ socket }, response) => response.end(`${socket.remotePort}`);

const schemes = {
  http: { serve: () => createHttpServer(answer), get: getHttp },
  https: { serve: () => createHttpsServer(testIdentity, answer), get: getHttps },
} as const;

for (const scheme of ['http', 'https'] as const) {
  const { serve, get } = schemes[scheme];

  test.serial(
    `a socket of ${scheme} has it while in use and in the pool, through several requests`,
    async (t) => {
      const port = await listen(t, serve());
      const agent = agentFor(t);
      const ports = [];
      for (let round = 0; round < 3; round++) {
        const free = nextEvent(agent[scheme], 'free');
        const asked = get({ host: 'localhost', family: 4, port, agent: agent[scheme] });
        const [response] = (await nextEvent(asked, 'response')) as [IncomingMessage];
        const { socket } = response;
        t.deepEqual(getKeepalive(socket), expected, 'in use');
        ports.push(await text(response));
        await free;
        t.deepEqual(getKeepalive(socket), expected, 'in the pool');
      }
      t.is(new Set(ports).size, 1, 'one connection');
      t.deepEqual(seenOutside(port), [42, 7, 5, 77_000]);
    },
  );

  test.serial(`undici has it over ${scheme}`, async (t) => {
    const port = await listen(t, serve());
    const { connect } = agentFor(t);
    const dispatcher = new UndiciAgent({ connect });
    t.teardown(() => dispatcher.destroy());
    const { body } = await request(`${scheme}://localhost:${port}`, { dispatcher });
    t.is(await body.text(), String(remotePortOf(port)));
    t.deepEqual(seenOutside(port), [42, 7, 5, 77_000]);
  });
}

test('undici names its server in TLS, for what serves many names at one address', async (t) => {
  const tellName: RequestListener = ({ socket }, response) =>
    response.end(`${(socket as TLSSocket).servername}`);
  const port = await listen(t, createHttpsServer(testIdentity, tellName));
  const nameTold = async (origin: string, options: AgentOptions, headers = {}) => {
    const { connect } = keepaliveAgent(wish, { ca: testIdentity.cert, ...options });
    const dispatcher = new UndiciAgent({ connect });
    t.teardown(() => dispatcher.destroy());
    const { body } = await request(`${origin}:${port}`, { dispatcher, headers });
    return await body.text();
  };
  t.is(await nameTold('https://localhost', {}), 'localhost');
  t.is(await nameTold('https://127.0.0.1', {}, { host: 'localhost' }), 'localhost');
  t.is(await nameTold('https://127.0.0.1', { servername: 'localhost' }), 'localhost');
  t.is(await nameTold('https://127.0.0.1', {}), 'false', 'an address is no name');
});

test('fetch of Node takes an undici agent with it', async (t) => {
  const port = await listen(t, createHttpServer(answer));
  const dispatcher = new UndiciAgent({ connect: agentFor(t).connect });
  t.teardown(() => dispatcher.destroy());
  const init = { dispatcher } as unknown as RequestInit;
  const response = await fetch(`http://127.0.0.1:${port}`, init);
  t.is(await response.text(), String(remotePortOf(port)));
  t.deepEqual(seenOutside(port), [42, 7, 5, 77_000]);
});

test('off is off in the pool too', async (t) => {
  const port = await listen(t, createHttpServer(answer));
  const agent = keepaliveAgent('off');
  t.teardown(() => agent.destroy());
  const free = nextEvent(agent.http, 'free');
  const asked = getHttp({ host: '127.0.0.1', port, agent: agent.http });
  const [response] = (await nextEvent(asked, 'response')) as [IncomingMessage];
  const { socket } = response;
  response.resume();
  await free;
  t.false(getKeepalive(socket).enabled);
});

test('an idle socket of the pool that is reset can be diagnosed', async (t) => {
  const listener = createHttpServer(answer);
  const port = await listen(t, listener);
  const accepted = nextEvent(listener, 'connection');
  const agent = agentFor(t);
  const free = nextEvent(agent.http, 'free');
  const asked = getHttp({ host: '127.0.0.1', port, agent: agent.http });
  const [response] = (await nextEvent(asked, 'response')) as [IncomingMessage];
  const { socket } = response;
  response.resume();
  await free;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const [end] = (await accepted) as [Socket];
  end.resetAndDestroy();
  await within('close', closed);
  t.like(diagnose(socket), { state: 'dead', reason: 'reset' });
});

test('options are those of an https.Agent, and HTTP keep-alive can be left out', async (t) => {
  const port = await listen(t, createHttpServer(answer));
  const agent = keepaliveAgent(wish, { keepAlive: false, maxSockets: 3 });
  t.is(agent.http.maxSockets, 3);
  t.is(agent.https.maxSockets, 3);
  const asked = getHttp({ host: '127.0.0.1', port, agent: agent.http });
  const [response] = (await nextEvent(asked, 'response')) as [IncomingMessage];
  const { socket } = response;
  t.deepEqual(getKeepalive(socket), expected);
  response.resume();
  await nextEvent(socket, 'close');
});

test('a unix socket is left alone', async (t) => {
  const socketPath = join(temporaryFolder(t), 'socket');
  // A server that closes what is idle may do so just before it is asked again.
  const answer: RequestListener = (_, response) => response.end('over unix');
  const server = createHttpServer({ keepAliveTimeout: 0 }, answer).listen(socketPath);
  t.teardown(() => server.close());
  await nextEvent(server, 'listening');
  const agent = agentFor(t);
  for (let round = 0; round < 2; round++) {
    const free = nextEvent(agent.http, 'free');
    const asked = getHttp({ socketPath, agent: agent.http });
    const [response] = (await nextEvent(asked, 'response')) as [IncomingMessage];
    t.is(await text(response), 'over unix');
    await free;
  }
});

test('a wrong wish is refused at once', (t) => {
  t.throws(() => keepaliveAgent({ idle: '0s' }), {
    code: 'WL_ARGUMENT',
    message: /^keepaliveAgent: keepalive\.idle: expected a duration from 1s to /,
  });
});

test('undici is told of a connection that fails, and of one that takes too long', async (t) => {
  const timers = new FakeTimers();
  const connect = undiciConnector(null, {}, timers);
  const connected = (protocol: string, port: Port) =>
    new Promise<Error | null>((resolve) => {
      const origin = { hostname: '127.0.0.1', protocol, port: String(port) };
      connect(origin, (...[error]) => resolve(error));
    });
  const refused = (await connected('http:', await freePort())) as NodeJS.ErrnoException;
  t.is(refused.code, 'ECONNREFUSED');
  // It accepts, and then says nothing of TLS.
  const silent = connected('https:', await listen(t, createServer()));
  timers.pass(10_000);
  t.is((await silent)?.message, 'no connection to 127.0.0.1 within 10000 ms');
  t.is(timers.waiting, 0);
});

function agentFor(t: ExecutionContext): KeepaliveAgent {
  const agent = keepaliveAgent(wish, { ca: testIdentity.cert });
  t.teardown(() => agent.destroy());
  return agent;
}

function seenOutside(port: Port) {
  return heldKeepalive(clientOf(port));
}

function remotePortOf(port: Port): Port | undefined {
  return clientOf(port)?.localPort;
}

function clientOf(port: Port) {
  return borrowSocketOptions(process.pid).find(({ remotePort }) => remotePort === port);
}
