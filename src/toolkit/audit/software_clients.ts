// Software: programs that people start to connect to something.
import type { Software } from './software.js';

export const clients: readonly Software[] = [
  {
    // ssh_config(5). As with the server, TCPKeepAlive has the times of the system.
    title: 'OpenSSH client',
    sendsPayload: true,
    names: ['ssh', 'scp', 'sftp', 'autossh'],
    role: 'client',
    where: '~/.ssh/config, or -o for one call',
    snippet: ({ idle, count }) =>
      `Host *\n  ServerAliveInterval ${idle}\n  ServerAliveCountMax ${count}`,
  },
  {
    // curl(1): --keepalive-time sets idle and interval alike, and is 60 unless given.
    title: 'curl',
    names: ['curl'],
    where: 'the command line, or ~/.curlrc without the dashes',
    snippet: ({ idle }) => `--keepalive-time ${idle}`,
    note: 'Off only after --no-keepalive. --keepalive-cnt (8.9) sets the count.',
  },
  {
    // socat(1), "TCP" and "SOCKET" option groups.
    title: 'socat',
    names: ['socat'],
    where: 'each TCP address of the command line',
    snippet: ({ idle, interval, count }) =>
      `,keepalive,keepidle=${idle},keepintvl=${interval},keepcnt=${count}`,
  },
  {
    // ldap.conf(5), KEEPALIVE_IDLE and so on.
    title: 'OpenLDAP client',
    names: ['ldapsearch', 'ldapmodify', 'ldapadd', 'ldapdelete'],
    role: 'client',
    where: '/etc/ldap/ldap.conf',
    snippet: ({ idle, interval, count }) =>
      `KEEPALIVE_IDLE ${idle}\nKEEPALIVE_INTERVAL ${interval}\nKEEPALIVE_PROBES ${count}`,
  },
];
