// Software: languages, where the setting is a line of the program or of its driver.
import { formatDuration } from '../../units.js';
import type { Software } from './software.js';

export const runtimes: readonly Software[] = [
  {
    // pgJDBC's documentation, "Connecting to the Database": tcpKeepAlive is false unless given.
    title: 'Java with the PostgreSQL driver (pgJDBC)',
    names: ['java'],
    role: 'client',
    peerPorts: [5432, 6432],
    where: 'the JDBC URL',
    snippet: () => '?tcpKeepAlive=true',
    note: 'The times are those of the system, see the sysctl below.',
  },
  {
    // MySQL Connector/J reference, "Networking": tcpKeepAlive is true unless given.
    title: 'Java with a MySQL or MariaDB driver',
    names: ['java'],
    role: 'client',
    peerPorts: [3306],
    where: 'the JDBC URL',
    snippet: () => '?tcpKeepAlive=true',
    note: 'The times are those of the system, see the sysctl below.',
  },
  {
    // java.net.StandardSocketOptions.SO_KEEPALIVE and jdk.net.ExtendedSocketOptions (11): TCP_KEEPIDLE and so on.
    title: 'Java',
    names: ['java'],
    where: 'the program, for each socket',
    snippet: ({ idle, interval, count }) =>
      'socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);\n' +
      `socket.setOption(ExtendedSocketOptions.TCP_KEEPIDLE, ${idle});\n` +
      `socket.setOption(ExtendedSocketOptions.TCP_KEEPINTERVAL, ${interval});\n` +
      `socket.setOption(ExtendedSocketOptions.TCP_KEEPCOUNT, ${count});`,
    note: 'ExtendedSocketOptions is in jdk.net, Java 11 or later; a driver may have a setting of its own.',
  },
  {
    // Node's own setKeepAlive() takes idle alone; interval and count are fixed at 1 s and 10 (KEEPALIVE in libuv).
    title: 'Node.js',
    names: ['node', 'nodejs', 'MainThread'],
    where: 'the program, for each socket',
    snippet: ({ idle, interval, count, userTimeout }) =>
      `import { setKeepalive } from 'warmline';\n` +
      `setKeepalive(socket, { idle: '${idle}s', interval: '${interval}s', count: ${count}, ` +
      `userTimeout: '${formatDuration(userTimeout)}' });`,
    note: `Without warmline: socket.setKeepAlive(true, milliseconds), whose interval and count are fixed.`,
  },
  {
    // Python's socket module, "Socket Objects"; the constants are those of the platform.
    title: 'Python',
    names: ['python', 'gunicorn', 'uwsgi', 'celery'],
    where: 'the program, for each socket',
    snippet: ({ idle, interval, count }) =>
      'sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)\n' +
      `sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, ${idle})\n` +
      `sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, ${interval})\n` +
      `sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, ${count})`,
    note: 'A driver may have a setting of its own: psycopg takes the keepalives_* of libpq.',
  },
  {
    // Go's net.Dialer and net.ListenConfig: on with 15 s unless KeepAlive is negative; KeepAliveConfig since 1.23.
    title: 'a Go program',
    setsItself: true,
    isGo: true,
    names: ['docker-proxy', 'dockerd', 'containerd', 'kubelet', 'traefik', 'caddy'],
    where: 'the program, in net.Dialer and net.ListenConfig',
    snippet: ({ idle, interval, count }) =>
      'KeepAliveConfig: net.KeepAliveConfig{Enable: true, ' +
      `Idle: ${idle} * time.Second, Interval: ${interval} * time.Second, Count: ${count}},`,
    note: 'Go has keepalive on with 15 s by itself; off means that the program turned it off.',
  },
];
