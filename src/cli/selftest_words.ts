// Selftest words: what `warmline selftest` prints for people.
import { table } from '../table.js';
import type { Check, CheckName, KernelChecks, SocketTrial } from '../toolkit/selftest/checks.js';
import { type Demonstration, natMemory, natSilence } from '../toolkit/selftest/demonstrations.js';
import { formatDuration, type Milliseconds } from '../units.js';
import { version } from '../version.js';

/** The options of a socket, and a line for each thing that the kernel can or can't do. */
export function checkWords({ kernel, socket, checks }: KernelChecks): string[] {
  const { before, asked, after } = socket;
  return [
    `warmline ${version}, Node ${process.version}, Linux ${kernel}`,
    '',
    ...table(
      ['A SOCKET', 'KEEPALIVE', 'IDLE', 'INTERVAL', 'COUNT', 'USER TIMEOUT'],
      [
        optionRow('before', before),
        optionRow('asked for', { enabled: true, ...asked }),
        after === null ? [['after'], ['refused']] : optionRow('after', after),
      ],
    ),
    '',
    ...table(['KERNEL', 'RESULT', 'TRIED', 'MEANS'], checks.map(checkRow)),
  ];
}

function optionRow(moment: string, options: SocketTrial['before']): string[][] {
  const { enabled, idle, interval, count, userTimeout } = options;
  return [
    [moment],
    [enabled ? 'on' : 'off'],
    [`${idle}s`],
    [`${interval}s`],
    [String(count)],
    [userTimeout === 0 ? 'off' : formatDuration(userTimeout)],
  ];
}

function checkRow({ name, ok, needed, got, means }: Check): string[][] {
  const result = needed ? 'MISSING' : 'missing';
  return [[titles[name]], [ok ? 'ok' : result], [got], [means]];
}

const titles: Readonly<Record<CheckName, string>> = {
  keepalive: 'SO_KEEPALIVE, TCP_KEEP*, TCP_USER_TIMEOUT',
  tcpInfo: 'TCP_INFO',
  splice: 'splice',
  sockDiag: 'sock_diag',
  pidfdGetfd: 'pidfd_getfd',
  rtoMax: 'TCP_RTO_MAX_MS',
  ioUring: 'io_uring',
};

/** What comes before the demonstrations, which take their time. */
export const foreword = ['', 'in network namespaces that end with this command, about 10s:'];

/** A line for each demonstration. */
export function demonstrationWords(demonstrations: readonly Demonstration[]): string[] {
  return demonstrations.map((demonstration) =>
    demonstration.outcome === 'skipped'
      ? `  skipped ${subjects[demonstration.name]}: ${demonstration.reason}`
      : `  ${demonstration.outcome === 'shown' ? 'ok     ' : 'WRONG  '} ${sentences[demonstration.name](demonstration)}`,
  );
}

type Name = Demonstration['name'];

const subjects: Readonly<Record<Name, string>> = {
  idleDeath: 'idle death',
  natKeptWarm: 'NAT kept warm',
  natForgets: 'NAT that forgets',
};

const sentences: Readonly<Record<Name, (seen: Demonstration) => string>> = {
  idleDeath: ({ expected, measured }) =>
    `idle death: a peer that vanished, with idle 1s, interval 1s, count 2, was noticed after ` +
    `${inSeconds(measured)}, expected about ${inSeconds(expected)}`,
  natKeptWarm: ({ outcome, measured }) =>
    `NAT kept warm: ${box}, probed each second, ` +
    (outcome === 'shown' ? `answered within ${measured} ms` : noAnswer(measured)),
  natForgets: ({ outcome, measured }) =>
    `NAT that forgets: ${box}, without keepalive, ` +
    (outcome === 'shown' ? noAnswer(measured) : `answered all the same, within ${measured} ms`),
};

const box = `behind a box that forgets after ${natMemory}s, a connection idle for ${inSeconds(natSilence)}`;

function noAnswer(waited: Milliseconds | null): string {
  return `gave no answer within ${inSeconds(waited)}`;
}

/** null, of what was skipped, is never told. */
function inSeconds(duration: Milliseconds | null): string {
  return `${Math.round((duration ?? 0) / 10) / 100}s`;
}
