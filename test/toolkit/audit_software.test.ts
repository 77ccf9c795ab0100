// Audit, software: programs are recognised by what they are and do, and their snippets are what the programs take.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { parseConfig } from '../../src/config/load.js';
import { presetNames } from '../../src/keepalive/presets.js';
import { setKeepalive } from '../../src/library/keepalive.js';
import { boxOf, recommendedKeepalive } from '../../src/toolkit/audit/box.js';
import { findRemedies, type Patient } from '../../src/toolkit/audit/remedies.js';
import { recognise, type Sighting, software } from '../../src/toolkit/audit/software.js';
import { nginxStreamModule, sshdCommand } from '../helpers/daemons.js';
import { connectedPair } from '../helpers/node_sockets.js';
import { command, requires } from '../helpers/requires.js';
import { freePort, runToEnd } from '../helpers/service.js';
import { test } from '../helpers/steady.js';
import { temporaryFolder } from '../helpers/temporary.js';

const keepalive = recommendedKeepalive(boxOf('aws-nat-gateway'));

const unknown: Sighting = { names: ['x'], words: [], role: 'client', peerPorts: [], isGo: false };

test('there are at least twenty programs, each with a setting that carries values', (t) => {
  t.true(software.length >= 20, `${software.length}`);
  for (const { title, names, where, snippet } of software) {
    t.true(names.length > 0, title);
    t.not(where, '', title);
    const words = snippet(keepalive);
    t.true(words.includes(String(keepalive.idle)) || words.includes('tcpKeepAlive=true'), title);
  }
});

test('the recommended keepalive outlasts the box, whichever it is', (t) => {
  for (const preset of presetNames) {
    const { idle, interval } = recommendedKeepalive(boxOf(preset));
    t.true(Math.max(idle, interval) * 1.125 < (boxOf(preset)?.natTimeout ?? 0), preset);
  }
});

for (const [sighting, title] of [
  [{ names: ['postgres'], role: 'server' }, 'PostgreSQL server'],
  [{ names: ['postgres'], role: 'client' }, 'PostgreSQL client (libpq)'],
  [{ names: ['psql'] }, 'PostgreSQL client (libpq)'],
  [{ names: ['sshd'], role: 'server' }, 'OpenSSH server'],
  [{ names: ['ssh'] }, 'OpenSSH client'],
  [{ names: ['python3.11', 'celery'] }, 'Python'],
  [{ names: ['java'], peerPorts: [5432] }, 'Java with the PostgreSQL driver (pgJDBC)'],
  [{ names: ['java'], peerPorts: [3306] }, 'Java with a MySQL or MariaDB driver'],
  [{ names: ['java'], words: ['java', 'kafka.Kafka', 'x.properties'] }, 'Apache Kafka'],
  [{ names: ['java'] }, 'Java'],
  [{ names: ['beam.smp'], words: ['beam.smp', '-s', 'rabbit'] }, 'RabbitMQ'],
  [{ names: ['whatever'], isGo: true }, 'a Go program'],
  [{ names: ['redis-server'], isGo: false }, 'Redis or Valkey server'],
  [{ names: ['systemd'], role: 'server' }, 'a systemd socket unit'],
] as const) {
  test(`${JSON.stringify(sighting)} is ${title}`, (t) => {
    t.is(recognise({ ...unknown, ...sighting })?.title, title);
  });
}

test('a program that nobody knows has the preloaded library and the relay', (t) => {
  t.is(recognise(unknown), undefined);
  t.deepEqual(kinds({ linkage: 'dynamic' }), ['preload', 'relay']);
});

test('for static and Go programs the preloaded library is not offered', (t) => {
  t.deepEqual(kinds({ linkage: 'static' }), ['relay']);
  t.deepEqual(kinds({ linkage: 'go' }), ['relay']);
});

test("the system's times are offered where keepalive is on and late", (t) => {
  t.deepEqual(kinds({ linkage: 'static', isLate: true }), ['sysctl', 'relay']);
});

test('behind a box that looks at payload only, a setting is told that sends some', (t) => {
  const box = boxOf('aws-classic-lb');
  for (const [names, expected] of [
    [['sshd'], ['setting']],
    [['redis-server'], []],
    [['x'], []],
  ] as const) {
    const sighting = { ...unknown, names, role: 'server' } as const;
    const remedies = findRemedies(patientWith({ sighting }), keepalive, box);
    t.deepEqual(
      remedies.map(({ kind }) => kind),
      expected,
    );
  }
});

test('the relay dials what a server listens on', (t) => {
  for (const [address, upstream] of [
    ['0.0.0.0:80', '127.0.0.1:80'],
    ['[::]:80', '"[::1]:80"'],
    ['[::ffff:10.0.0.5]:80', '10.0.0.5:80'],
    ['10.0.0.5:80', '10.0.0.5:80'],
  ] as const) {
    const sighting = { ...unknown, role: 'server' } as const;
    const patient = patientWith({ sighting, target: { address, port: 80 } });
    const relay = findRemedies(patient, keepalive, undefined).at(-1);
    t.true(relay?.snippet.includes(`upstream: ${upstream}\n`), relay?.snippet);
  }
});

test('the relay stands no wider open than the server that it is for', (t) => {
  for (const [address, listen] of [
    ['0.0.0.0:80', '0.0.0.0:10080'],
    ['10.0.0.5:80', '0.0.0.0:10080'],
    ['[::]:80', '0.0.0.0:10080'],
    ['127.0.0.1:80', '127.0.0.1:10080'],
    ['[::ffff:127.0.0.1]:80', '127.0.0.1:10080'],
    ['[::1]:80', '"[::1]:10080"'],
  ] as const) {
    const sighting = { ...unknown, role: 'server' } as const;
    const patient = patientWith({ sighting, target: { address, port: 80 } });
    const snippet = findRemedies(patient, keepalive, undefined).at(-1)?.snippet ?? '';
    t.true(snippet.includes(`listen: ${listen}\n`), snippet);
    t.notThrows(() => parseConfig(snippet, 'snippet.yaml'));
  }
});

test('the snippet of the relay is a configuration that holds', (t) => {
  const targets = [
    { address: '10.0.0.9:5432', port: 5432 },
    { address: '[fd00::9]:60000', port: 60_000 },
  ];
  for (const target of targets) {
    for (const role of ['client', 'server'] as const) {
      for (const box of [undefined, boxOf(undefined, 240), boxOf('aws-nlb-tcp', 100)]) {
        const patient = patientWith({ target, sighting: { ...unknown, role } });
        const relay = findRemedies(patient, recommendedKeepalive(box), box).at(-1);
        t.notThrows(() => parseConfig(relay?.snippet ?? '', 'snippet.yaml'), relay?.snippet);
      }
    }
  }
});

requires(command('nginx', 'nginx'))('nginx takes its snippet', async (t) => {
  const folder = temporaryFolder(t);
  const [listen = '', proxy = ''] = snippetOf(['nginx'], 'server').split('\n');
  const config = `pid ${folder}/pid; error_log stderr; events {}
    stream { server { ${listen.replace('443 ssl', `127.0.0.1:${await freePort()}`)} ${proxy} proxy_pass 127.0.0.1:2; } }`;
  writeFileSync(join(folder, 'nginx.conf'), `${nginxStreamModule()}${config}`);
  await t.notThrowsAsync(runToEnd('nginx', ['-t', '-c', join(folder, 'nginx.conf')]));
});

requires(command('haproxy', 'haproxy'))('HAProxy takes its snippet', async (t) => {
  const file = join(temporaryFolder(t), 'haproxy.cfg');
  const timeouts = 'mode tcp\ntimeout client 1m\ntimeout server 1m\ntimeout connect 1s';
  const listen = 'listen x\nbind 127.0.0.1:1\nserver s 127.0.0.1:2';
  writeFileSync(file, `defaults\n${timeouts}\n${snippetOf(['haproxy'], 'server')}\n${listen}\n`);
  await t.notThrowsAsync(runToEnd('haproxy', ['-c', '-f', file]));
});

requires(command('ssh', 'openssh-client'))('ssh takes its snippet', async (t) => {
  const file = join(temporaryFolder(t), 'config');
  writeFileSync(file, `${snippetOf(['ssh'], 'client')}\n`);
  const settings = await runToEnd('ssh', ['-G', '-F', file, 'somewhere']);
  t.regex(settings, new RegExp(`^serveraliveinterval ${keepalive.idle}$`, 'm'));
});

requires(command('sshd', 'openssh-server', '/usr/sbin'))('sshd takes its snippet', async (t) => {
  const folder = temporaryFolder(t);
  const key = join(folder, 'key');
  await runToEnd('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const file = join(folder, 'sshd_config');
  writeFileSync(file, `HostKey ${key}\n${snippetOf(['sshd'], 'server')}\n`);
  const [program, ...words] = sshdCommand(['-T', '-f', file]);
  const settings = await runToEnd(program, words);
  t.regex(settings, new RegExp(`^clientaliveinterval ${keepalive.idle}$`, 'm'));
});

test('the library takes the snippet for Node', async (t) => {
  const { client } = await connectedPair(t);
  const snippet = snippetOf(['node'], 'client').replace(/^import .*\n/, '');
  const held = runInNewContext(snippet, { setKeepalive, socket: client });
  t.like(held, { enabled: true, ...keepalive });
});

requires(command('python3', 'python3'))('Python takes its snippet', async (t) => {
  const { idle, interval, count } = keepalive;
  const read = [
    '(socket.SOL_SOCKET, socket.SO_KEEPALIVE)',
    ...['IDLE', 'INTVL', 'CNT'].map((name) => `(socket.IPPROTO_TCP, socket.TCP_KEEP${name})`),
  ];
  const script = `import socket
sock = socket.socket()
${snippetOf(['python'], 'client')}
print(*[sock.getsockopt(*option) for option in [${read.join(', ')}]])`;
  t.is(await runToEnd('python3', ['-c', script]), `1 ${idle} ${interval} ${count}\n`);
});

function kinds(patient: Partial<Patient>): string[] {
  return findRemedies(patientWith(patient), keepalive, undefined).map(({ kind }) => kind);
}

function patientWith(patient: Partial<Patient>): Patient {
  return {
    sighting: unknown,
    linkage: 'dynamic',
    command: '/bin/x',
    isOff: true,
    isLate: false,
    target: { address: '10.0.0.9:5432', port: 5432 },
    ...patient,
  };
}

function snippetOf(names: readonly string[], role: Sighting['role']): string {
  return recognise({ ...unknown, names, role })?.snippet(keepalive) ?? '';
}
