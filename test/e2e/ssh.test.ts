// OpenSSH through the relay: a command, and a large file each way.
import { createHash, randomFillSync } from 'node:crypto';
import { createReadStream, createWriteStream, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ExecutionContext } from 'ava';
import type { Port } from '../../src/units.js';
import { sshdCommand } from '../helpers/daemons.js';
import { command, loginShell, requires } from '../helpers/requires.js';
import { freePort, relayTo, runToEnd, startService } from '../helpers/service.js';
import { temporaryFolder } from '../helpers/temporary.js';

const test = requires(
  command('sshd', 'openssh-server'),
  command('ssh', 'openssh-client'),
  command('scp', 'openssh-client'),
  loginShell,
);

const megabyte = 1024 * 1024;

test('ssh runs a command through the relay', async (t) => {
  const { client, port } = await startSsh(t);
  const output = await runToEnd('ssh', [...client, '-p', String(port), '127.0.0.1', 'echo warm']);
  t.is(output, 'warm\n');
});

test('scp carries 200 MB up and down again, byte for byte', async (t) => {
  t.timeout(180_000);
  const { client, port } = await startSsh(t);
  const folder = temporaryFolder(t);
  const [original, uploaded, returned] = ['original', 'uploaded', 'returned'].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  await pipeline(Readable.from(randomChunks(200)), createWriteStream(original));
  const scp = [...client, '-q', '-P', String(port)];
  await runToEnd('scp', [...scp, original, `127.0.0.1:${uploaded}`]);
  await runToEnd('scp', [...scp, `127.0.0.1:${uploaded}`, returned]);
  const expected = await sha256(original);
  t.is(await sha256(uploaded), expected);
  t.is(await sha256(returned), expected);
});

/** An sshd that lets oneself in with a fresh key, behind a relay; `client` are the options that ssh and scp share. */
async function startSsh(t: ExecutionContext): Promise<{ client: string[]; port: Port }> {
  const folder = temporaryFolder(t);
  const [hostKey, userKey] = [join(folder, 'host'), join(folder, 'user')];
  for (const key of [hostKey, userKey]) {
    await runToEnd('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
  }
  const sshdPort = await freePort();
  const config = join(folder, 'sshd_config');
  writeFileSync(config, sshdConfig(sshdPort, hostKey, `${userKey}.pub`));
  const server = startService(t, sshdCommand(['-D', '-e', '-f', config]));
  await server.until('listener', (line) => line.startsWith('Server listening') || undefined);
  const { port } = await relayTo(t, sshdPort);
  const trust = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR'];
  const login = ['BatchMode=yes', 'IdentitiesOnly=yes', `User=${userInfo().username}`];
  const options = [...trust, ...login].flatMap((option) => ['-o', option]);
  return { client: ['-F', 'none', '-i', userKey, ...options], port };
}

function sshdConfig(port: Port, hostKey: string, authorizedKeys: string): string {
  return `
    Port ${port}
    ListenAddress 127.0.0.1
    HostKey ${hostKey}
    AuthorizedKeysFile ${authorizedKeys}
    PidFile none
    PermitRootLogin prohibit-password
    StrictModes no
    UsePAM no
    Subsystem sftp internal-sftp
  `;
}

function* randomChunks(count: number): Generator<Buffer> {
  for (let i = 0; i < count; i++) yield randomFillSync(Buffer.alloc(megabyte));
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
