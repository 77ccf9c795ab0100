// What goes in comes out, byte for byte, both ways at once.
import { createHash, randomBytes } from 'node:crypto';
import { type Connection, connectTo } from '../helpers/connection.js';
import { startRelay } from '../helpers/relay.js';
import { startEcho, startUpstream } from '../helpers/server.js';
import { test } from '../helpers/steady.js';

const megabyte = 1024 * 1024;
const block = randomBytes(megabyte);

test.serial('64 MB each way at the same time arrive intact', async (t) => {
  const upstream = await startUpstream(t);
  const relay = startRelay(t, { endpoints: [upstream.address] });
  const client = await connectTo(t, relay.port);
  const server = await upstream.accept();
  const digests = Promise.all([receive(client), receive(server)]);
  const sent = await Promise.all([send(client, 64), send(server, 64)]);
  const [atClient, atServer] = await digests;
  t.is(atServer, sent[0]);
  t.is(atClient, sent[1]);
  const closed = await relay.nextClosed();
  t.is(closed.bytesToUpstream, 64 * megabyte);
  t.is(closed.bytesToClient, 64 * megabyte);
});

test.serial('messages from one byte to 480 kB are echoed exactly', async (t) => {
  const relay = startRelay(t, { endpoints: [await startEcho(t)] });
  const client = await connectTo(t, relay.port);
  for (const size of [1, 101, 4_096, 65_536, 65_537, 480_000]) {
    const message = randomBytes(size);
    const [echoed] = await Promise.all([client.read(size), client.write(message)]);
    t.true(echoed.equals(message), `${size} bytes`);
  }
});

test.serial('bytes that are written one at a time arrive in order', async (t) => {
  const relay = startRelay(t, { endpoints: [await startEcho(t)] });
  const client = await connectTo(t, relay.port);
  const message = randomBytes(2_000);
  const echoed = client.read(message.length);
  for (const byte of message) await client.write(Uint8Array.of(byte));
  t.true((await echoed).equals(message));
});

/** Sends so many megabytes, each with its number in front, then a FIN; returns their digest. */
async function send(connection: Connection, megabytes: number): Promise<string> {
  const hash = createHash('sha256');
  for (let i = 0; i < megabytes; i++) {
    const numbered = Buffer.from(block);
    numbered.writeUInt32BE(i);
    hash.update(numbered);
    await connection.write(numbered);
  }
  connection.finish();
  return hash.digest('hex');
}

async function receive(connection: Connection): Promise<string> {
  const hash = createHash('sha256');
  const ending = await connection.readAll((chunk) => hash.update(chunk));
  return ending === 'fin' ? hash.digest('hex') : ending;
}
