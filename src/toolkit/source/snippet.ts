// Snippet: what to add to a program, in C that is C++ as well. Pure.
import type { Keepalive } from '../../keepalive/policy.js';
import { formatDuration } from '../../units.js';
import type { OptionName } from './options.js';

/** The name of the function that the snippets call. */
export const snippetName = 'keep_warm';

/** A function that sets all of a keepalive on a descriptor; added once, in a file that the sites can reach. */
export function snippetFunction(keepalive: Keepalive): string[] {
  const { idle, interval, count, userTimeout } = keepalive;
  return [
    '#include <netinet/in.h>',
    '#include <netinet/tcp.h>',
    '#include <sys/socket.h>',
    '',
    `/* Has an idle TCP peer probed after ${idle} s, then every ${interval} s, ${count} times. 0, or -1 and errno. */`,
    `static int ${snippetName}(int fd) {`,
    `  const int on = 1, idle = ${idle}, interval = ${interval}, count = ${count};`,
    ...(userTimeout === 0 ? [] : [`  const unsigned timeout = ${userTimeout}; /* ms */`]),
    ...settings(keepalive).map(
      ({ level, option, name }) =>
        `  if (setsockopt(fd, ${level}, ${option}, &${name}, sizeof ${name}) == -1) return -1;`,
    ),
    '  return 0;',
    '}',
  ];
}

interface Setting {
  readonly level: string;
  readonly option: OptionName;
  readonly name: string;
}

function settings({ userTimeout }: Keepalive): Setting[] {
  const level = 'IPPROTO_TCP';
  return [
    { level: 'SOL_SOCKET', option: 'SO_KEEPALIVE', name: 'on' },
    { level, option: 'TCP_KEEPIDLE', name: 'idle' },
    { level, option: 'TCP_KEEPINTVL', name: 'interval' },
    { level, option: 'TCP_KEEPCNT', name: 'count' },
    ...(userTimeout === 0 ? [] : [{ level, option: 'TCP_USER_TIMEOUT', name: 'timeout' } as const]),
  ];
}

/** The call of it for one descriptor. */
export function snippetCall(descriptor: string | null): string {
  return `${snippetName}(${descriptor ?? 'fd'})`;
}

/** What the values of a keepalive mean, in a few words. */
export function describeSnippet({ userTimeout }: Keepalive): string {
  return userTimeout === 0
    ? 'without a user timeout: with data in flight a dead peer is noticed after 13 to 30 minutes'
    : `the user timeout of ${formatDuration(userTimeout)} also ends a live peer that reads nothing for that long; leave it out where yours may`;
}
