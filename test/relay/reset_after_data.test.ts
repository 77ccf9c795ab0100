// Bytes that were received before an RST are delivered before it is passed on, to a reader that is late too.
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type Connection, connectTo } from '../helpers/connection.js';
import { type Program, startProgram } from '../helpers/program.js';
import { startRelay } from '../helpers/relay.js';
import { projectRoot } from '../helpers/repository.js';
import { startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';
import { tcpRows } from '../helpers/tcp_table.js';
import { until } from '../helpers/waiting.js';

for (const size of [1, 100_000, 2_000_000]) {
  test.serial(`${size} bytes and a reset from the upstream reach the client as such`, async (t) => {
    const upstream = await startUpstream(t);
    const relay = startRelay(t, { endpoints: [upstream.address] });
    const client = startReader(t, 'connect', String(relay.port));
    await sendThenReset(await upstream.accept(), size);
    t.is(await readAll(client), `${size} ECONNRESET`);
    t.like(await relay.nextClosed(), { reason: 'upstreamReset', bytesToClient: size });
  });

  test.serial(`${size} bytes and a reset from the client reach the upstream as such`, async (t) => {
    const server = startReader(t, 'listen');
    const port = await server.until('port', (line) => Number(line) || undefined);
    const relay = startRelay(t, { endpoints: [{ host: '127.0.0.1', port }] });
    await sendThenReset(await connectTo(t, relay.port), size);
    t.is(await readAll(server), `${size} ECONNRESET`);
    t.like(await relay.nextClosed(), { reason: 'clientReset', bytesToUpstream: size });
  });
}

/** Resets once the relay's kernel has acknowledged all: a reset discards what is still in the sender's queue. */
async function sendThenReset(sender: Connection, size: number): Promise<void> {
  const { localPort, remotePort } = sender.socket;
  await sender.write(Buffer.alloc(size, 'x'));
  await until('empty send queue', () =>
    tcpRows(localPort ?? 0).some(
      (row) => row.localPort === localPort && row.remotePort === remotePort && row.sendQueue === 0,
    ),
  );
  sender.reset();
}

function startReader(t: ExecutionContext, ...how: string[]): Program {
  return startProgram(t, ['python3', join(projectRoot, 'test/helpers/raw_reader.py'), ...how]);
}

/** Lets it read; returns how many bytes there were and how they ended. */
async function readAll(reader: Program): Promise<string> {
  reader.write('go\n');
  return await reader.until('end', (line) => (line.includes(' ') ? line : undefined));
}
