// The clock of the system is set while a path is probed: what is measured stays as long as it was.
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import { probePath } from '../../src/toolkit/probe/probe.js';
import { findTarget } from '../../src/toolkit/probe/target.js';
import { test } from '../helpers/steady.js';
import { nextEvent } from '../helpers/waiting.js';

const settings = { min: 1000, max: 6000, resolution: null, connections: 4 };

test('a connection that is closed while the clock is set an hour ahead was not open for an hour', async (t) => {
  t.timeout(60_000);
  const now = Date.now;
  t.teardown(() => {
    Date.now = now;
  });
  const server = createServer(async (socket) => {
    socket.on('error', () => {}).resume();
    await after(1500);
    Date.now = () => now() + 3_600_000;
    await after(1000);
    socket.end();
  });
  server.listen(0, '127.0.0.1');
  await nextEvent(server, 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const { finding, took } = await probePath({
    target: await findTarget(`127.0.0.1:${port}`),
    settings,
    state: null,
    stop: new AbortController().signal,
    tell: () => {},
  });
  t.is(finding.kind, 'closing');
  t.true(Number(finding.closing?.after) < 60_000, `${finding.closing?.after}`);
  t.true(took < 60_000, `${took}`);
});
