// Software: databases, queues and directories, their own clients included.
import { formatDuration } from '../../units.js';
import type { Software } from './software.js';

const sysctlNote = 'It has no times of its own: those of the system hold, see the sysctl below.';

export const databases: readonly Software[] = [
  {
    // PostgreSQL manual, 20.3.2 "TCP Settings". The server turns SO_KEEPALIVE on for each connection by itself.
    title: 'PostgreSQL server',
    setsItself: true,
    names: ['postgres', 'postmaster'],
    role: 'server',
    where: 'postgresql.conf, then: SELECT pg_reload_conf()',
    snippet: ({ idle, interval, count, userTimeout }) =>
      `tcp_keepalives_idle = ${idle}\ntcp_keepalives_interval = ${interval}\ntcp_keepalives_count = ${count}\n` +
      `tcp_user_timeout = ${formatDuration(userTimeout)}`,
    note: 'New connections take it; 0 is the value of the system.',
  },
  {
    // PostgreSQL manual, 34.1.2 "Parameter Key Words" of libpq. `keepalives` is 1 unless it is turned off.
    title: 'PostgreSQL client (libpq)',
    names: [
      'postgres',
      'psql',
      'pg_dump',
      'pg_restore',
      'pg_basebackup',
      'pg_receivewal',
      'pgbench',
    ],
    role: 'client',
    where: 'the connection string',
    snippet: ({ idle, interval, count, userTimeout }) =>
      `keepalives=1 keepalives_idle=${idle} keepalives_interval=${interval} keepalives_count=${count} ` +
      `tcp_user_timeout=${userTimeout}`,
    note: 'In a URI, append them as ?keepalives_idle=…&…; for a standby it is primary_conninfo.',
  },
  {
    // PgBouncer's config page, "Low-level network settings".
    title: 'PgBouncer',
    names: ['pgbouncer'],
    where: 'pgbouncer.ini, [pgbouncer]',
    snippet: ({ idle, interval, count, userTimeout }) =>
      `tcp_keepalive = 1\ntcp_keepidle = ${idle}\ntcp_keepintvl = ${interval}\ntcp_keepcnt = ${count}\n` +
      `tcp_user_timeout = ${userTimeout}`,
    note: 'It holds for clients and servers alike.',
  },
  {
    // redis.conf, tcp-keepalive; anetKeepAlive() in its anet.c makes it idle N, interval N/3, count 3.
    title: 'Redis or Valkey server',
    setsItself: true,
    names: ['redis-server', 'redis-sentinel', 'valkey-server', 'valkey-sentinel', 'keydb-server'],
    where: 'redis.conf, or at once: redis-cli config set tcp-keepalive N',
    snippet: ({ idle }) => `tcp-keepalive ${idle}`,
    note: 'The interval is a third of it and the count 3; 0 is off. New connections take it.',
  },
  {
    // MariaDB's documentation, "Server System Variables": since 10.3.3, in seconds, 0 being the system's value.
    title: 'MariaDB server',
    setsItself: true,
    names: ['mariadbd'],
    role: 'server',
    where: 'my.cnf, [mariadbd]',
    snippet: ({ idle, interval, count }) =>
      `tcp_keepalive_time = ${idle}\ntcp_keepalive_interval = ${interval}\ntcp_keepalive_probes = ${count}`,
    note: 'The server turns keepalive on by itself.',
  },
  {
    // vio_keepalive() in MySQL's vio/viosocket.cc, called for each connection in sql/conn_handler.
    title: 'MySQL server',
    setsItself: true,
    names: ['mysqld'],
    role: 'server',
    where: 'the system: MySQL turns keepalive on and leaves its times alone',
    snippet: sysctlSnippet,
    note: sysctlNote,
  },
  {
    // MongoDB manual, "FAQ: Self-Managed MongoDB Diagnostics": on, its idle 300 s at most.
    title: 'MongoDB server',
    setsItself: true,
    names: ['mongod', 'mongos'],
    where: 'the system: MongoDB turns keepalive on, with 300 s of idle at most',
    snippet: sysctlSnippet,
    note: sysctlNote,
  },
  {
    // RabbitMQ's "Networking" guide, "TCP keepalives"; heartbeats are the protocol's own and need no probe.
    title: 'RabbitMQ',
    sendsPayload: true,
    names: ['beam.smp', 'rabbitmq-server'],
    words: /rabbit/,
    where: 'rabbitmq.conf',
    snippet: ({ idle }) => `tcp_listen_options.keepalive = true\nheartbeat = ${idle}`,
    note: `Clients must not turn heartbeats off. ${sysctlNote}`,
  },
  {
    // Kafka turns keepalive on for every connection: SocketServer.scala and Selector.java, socket.setKeepAlive(true).
    title: 'Apache Kafka',
    setsItself: true,
    names: ['java'],
    words: /kafka\.Kafka|org\.apache\.kafka/,
    where: 'the system: Kafka turns keepalive on and leaves its times alone',
    snippet: sysctlSnippet,
    note: `${sysctlNote} connections.max.idle.ms closes what is idle for longer.`,
  },
  {
    // new_socket()/server_socket() in memcached.c: SO_KEEPALIVE on the listener.
    title: 'memcached',
    names: ['memcached'],
    where: 'the system: memcached turns keepalive on and leaves its times alone',
    snippet: sysctlSnippet,
    note: `${sysctlNote} "-o idle_timeout=N" closes clients that are idle for longer.`,
  },
  {
    // slapd.conf(5), syncrepl keepalive=<idle>:<probes>:<interval>; the daemon sets SO_KEEPALIVE on what it accepts.
    title: 'OpenLDAP server',
    names: ['slapd'],
    where: 'the syncrepl statement of slapd.conf or olcSyncrepl, for a consumer',
    snippet: ({ idle, interval, count }) => `keepalive=${idle}:${count}:${interval}`,
    note: 'For what it accepts, idletimeout (olcIdleTimeout) closes idle clients, and the times are those of the system.',
  },
];

/** The tool of our own that sets the system's times. */
export function sysctlSnippet({
  idle,
  interval,
  count,
}: {
  readonly idle: number;
  readonly interval: number;
  readonly count: number;
}): string {
  return `sudo warmline sysctl set --time ${idle}s --interval ${interval}s --probes ${count} --persist`;
}
