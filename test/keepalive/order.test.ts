// Order: the options stand before the connection does. The upstream leg's are set before connect, so that they hold
// from the SYN on; the client leg's are set on the listening socket before listen, so that the accepted one inherits them.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { command, requires } from '../helpers/requires.js';
import { temporaryFolder } from '../helpers/temporary.js';
import { runConfig } from '../helpers/warmline.js';

const test = requires(command('setpriv', 'util-linux'), command('strace', 'strace'));

const clientOptions = {
  SO_KEEPALIVE: 1,
  TCP_KEEPIDLE: 45,
  TCP_KEEPINTVL: 5,
  TCP_KEEPCNT: 4,
  TCP_USER_TIMEOUT: 65_000,
};

const upstreamOptions = {
  SO_KEEPALIVE: 1,
  TCP_KEEPIDLE: 30,
  TCP_KEEPINTVL: 6,
  TCP_KEEPCNT: 2,
  TCP_USER_TIMEOUT: 42_000,
  TCP_NODELAY: 1,
};

test('every option is set before listen and before connect', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstreamPort = (server.address() as AddressInfo).port;
  const trace = join(temporaryFolder(t), 'trace');
  const calls = 'trace=socket,setsockopt,listen,connect';
  // -D: the relay stays our child, and strace looks on.
  const warmline = runConfig(
    t,
    `routes:
  - name: main
    listen: 127.0.0.1:0
    upstream: 127.0.0.1:${upstreamPort}
    keepalive:
      client: { idle: 45s, interval: 5s, count: 4 }
      upstream: { idle: 30s, interval: 6s, count: 2 }
`,
    (...commandLine) => ['strace', '-D', '-f', '-qq', '-e', calls, '-o', trace, ...commandLine],
  );
  const { port } = await warmline.listening();
  const client = connect(port, '127.0.0.1');
  const [upstream] = await once(server, 'connection');
  client.destroy();
  upstream.destroy();
  server.close();
  await warmline.stop();

  const history = replay(await finished(trace));
  t.like(history.atListen, clientOptions);
  t.like(history.atConnect.get(upstreamPort), upstreamOptions);
});

type Options = Readonly<Record<string, number>>;

interface History {
  /** The options that the last socket to listen had at that moment. */
  readonly atListen: Options;
  /** The options that a socket had when it connected, by port. */
  readonly atConnect: ReadonlyMap<number, Options>;
}

/** Follows what each descriptor was given, from socket() on. Other threads may interrupt a line, but never its start. */
function replay(trace: string): History {
  const options = new Map<number, Options>();
  const atConnect = new Map<number, Options>();
  let atListen: Options = {};
  for (const line of trace.split('\n')) {
    const opened = line.match(/socket(?:\(| resumed).* = (\d+)/);
    if (opened) options.set(Number(opened[1]), {});
    const set = line.match(/setsockopt\((\d+), \w+, (\w+), \[(\d+)\]/);
    if (set) {
      const [, fd, name = '', value] = set;
      options.set(Number(fd), { ...options.get(Number(fd)), [name]: Number(value) });
    }
    const listened = line.match(/listen\((\d+)/);
    if (listened) atListen = options.get(Number(listened[1])) ?? {};
    const connected = line.match(/connect\((\d+), .*htons\((\d+)\)/);
    if (connected) atConnect.set(Number(connected[2]), options.get(Number(connected[1])) ?? {});
  }
  return { atListen, atConnect };
}

/** The whole trace: strace is done a moment after the program. */
async function finished(path: string): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const trace = readFileSync(path, 'utf8');
    if (trace.includes('connect(')) return trace;
    await after(50);
  }
  throw new Error('strace saw no connect');
}
