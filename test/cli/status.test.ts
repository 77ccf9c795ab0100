// SIGUSR2 on the real program: counters and live sessions as log lines, and the counters once more at the end.
import { formatAddress } from '../../src/config/address.js';
import { connectTo } from '../helpers/connection.js';
import { command, requires } from '../helpers/requires.js';
import { startUpstream } from '../helpers/server.js';
import { runConfig } from '../helpers/warmline.js';

const test = requires(command('setpriv', 'util-linux'));

const keepalive = { enabled: true, idle: 60, interval: 10, count: 3, userTimeout: 90_000 };
const liveness = { state: 'proven', probes: 0, retransmits: 0 };
/** The kernel tells these ages in ticks of its own clock, the slowest of which is 10 ms (CONFIG_HZ=100). */
const tick = 10;

test('SIGUSR2 tells what each route has done and what is known of each leg', async (t) => {
  const upstream = await startUpstream(t);
  const warmline = runConfig(
    t,
    `routes: [{ name: main, listen: 127.0.0.1:0, upstream: ${formatAddress(upstream.address)} }]`,
  );
  const client = await connectTo(t, (await warmline.listening()).port);
  const server = await upstream.accept();
  client.socket.write('question');
  await server.read(8);

  process.kill(warmline.pid, 'SIGUSR2');
  t.like(await warmline.event('counters'), {
    level: 'info',
    route: 'main',
    accepted: 1,
    active: 1,
    closed: {},
    clientLegs: { suspect: 0, suspected: 0, proven: 0 },
  });
  const session = await warmline.event('session');
  t.like(session, {
    route: 'main',
    state: 'relaying',
    upstream: `${formatAddress(upstream.address)}`,
    bytesToUpstream: 8,
    bytesToClient: 0,
    clientKeepalive: keepalive,
    upstreamKeepalive: keepalive,
    clientLiveness: liveness,
    upstreamLiveness: liveness,
  });
  const { lastAck, payloadIdle } = session['upstreamLiveness'] as Record<string, number>;
  const latest = Number(session['age']) + tick;
  t.true(Number(lastAck) <= latest, `${lastAck} ms, not up to ${latest}`);
  t.true(Number(payloadIdle) <= latest, `${payloadIdle} ms, not up to ${latest}`);
});

test('the last lines hold the counters of all sessions, those that the stop has reset among them', async (t) => {
  const upstream = await startUpstream(t);
  const warmline = runConfig(
    t,
    `routes: [{ name: main, listen: 127.0.0.1:0, upstream: ${formatAddress(upstream.address)} }]`,
  );
  const { port } = await warmline.listening();
  const first = await connectTo(t, port);
  const firstServer = await upstream.accept();
  first.finish();
  firstServer.finish();
  t.is(await first.readAll(), 'fin');
  await connectTo(t, port);
  await upstream.accept();
  t.is(await warmline.stop(), 0);
  const { active, closed, upstreamLegs } = await warmline.event('counters');
  t.deepEqual([active, closed], [0, { clientFin: 1, drained: 1 }]);
  const { emptySegments } = upstreamLegs as Record<string, number>;
  // At least SYN and the ACK of its answer, for each of the two.
  t.true(Number(emptySegments) >= 4, `${emptySegments} segments`);
});
