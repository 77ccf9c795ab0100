// PostgreSQL through the relay: a query, and a notification after a pause in which only keepalive probes flow.
import { postgresNeeds, psqlArgs, startPostgres } from '../helpers/daemons.js';
import { command, requires } from '../helpers/requires.js';
import { relayTo, runToEnd, startService } from '../helpers/service.js';
import { probesFlowed } from '../helpers/sockets.js';

const test = requires(...postgresNeeds, command('ss', 'iproute2'));

test('psql runs a query through the relay', async (t) => {
  const relay = await relayTo(t, await startPostgres(t));
  t.is(await runToEnd('psql', [...psqlArgs(relay.port), '-c', 'select 6 * 7']), '42\n');
});

test('a notification arrives after a pause in which only probes flow', async (t) => {
  const upstreamPort = await startPostgres(t);
  const relay = await relayTo(t, upstreamPort);
  const listener = startService(t, ['psql', ...psqlArgs(relay.port)]);
  listener.write('listen news;\n');
  await listener.until('LISTEN', (line) => line === 'LISTEN' || undefined);

  await probesFlowed(`( sport = :${relay.port} )`, 2);
  await probesFlowed(`( dport = :${upstreamPort} )`, 2);

  await runToEnd('psql', [...psqlArgs(relay.port), '-c', "notify news, 'still warm'"]);
  // psql tells of notifications after its next command.
  listener.write('select 1;\n');
  const told = await listener.until('notification', (line) =>
    line.startsWith('Asynchronous notification') ? line : undefined,
  );
  t.regex(told, /"news" with payload "still warm"/);
});
