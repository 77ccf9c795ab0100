// Software: servers, proxies and what listens on behalf of others.
import type { Software } from './software.js';

export const servers: readonly Software[] = [
  {
    // sshd_config(5). ClientAlive messages go through the encrypted channel; a middlebox sees packets either way.
    title: 'OpenSSH server',
    setsItself: true,
    sendsPayload: true,
    names: ['sshd', 'sshd-session'],
    role: 'server',
    where: '/etc/ssh/sshd_config, then: systemctl reload ssh',
    snippet: ({ idle, count }) =>
      `TCPKeepAlive yes\nClientAliveInterval ${idle}\nClientAliveCountMax ${count}`,
    note: 'TCPKeepAlive alone has the times of the system; ClientAliveInterval is its own and works without them.',
  },
  {
    // nginx documentation, ngx_http_core_module listen so_keepalive=; proxy_socket_keepalive of the proxy modules.
    title: 'nginx',
    names: ['nginx'],
    where: 'nginx.conf: each listen, and where it proxies',
    snippet: ({ idle, interval, count }) =>
      `listen 443 ssl so_keepalive=${idle}s:${interval}s:${count};\nproxy_socket_keepalive on;`,
    note: 'Keep your own address and parameters of listen. Upstream connections have the times of the system.',
  },
  {
    // HAProxy's configuration manual: option clitcpka and srvtcpka, clitcpka-idle and so on (2.2).
    title: 'HAProxy',
    names: ['haproxy'],
    where: 'haproxy.cfg: defaults, or each frontend (cli) and backend (srv)',
    snippet: ({ idle, interval, count }) =>
      ['cli', 'srv']
        .map(
          (side) =>
            `option ${side}tcpka\n${side}tcpka-idle ${idle}s\n${side}tcpka-intvl ${interval}s\n${side}tcpka-cnt ${count}`,
        )
        .join('\n'),
  },
  {
    // Envoy's API: config.core.v3.TcpKeepalive, in a cluster's upstream_connection_options.
    title: 'Envoy',
    names: ['envoy'],
    role: 'client',
    where: 'the cluster',
    snippet: ({ idle, interval, count }) =>
      `upstream_connection_options:\n  tcp_keepalive: { keepalive_time: ${idle}, keepalive_interval: ${interval}, ` +
      `keepalive_probes: ${count} }`,
  },
  {
    // Envoy's API: config.core.v3.SocketOption in a listener's socket_options; the numbers are those of linux/tcp.h.
    title: 'Envoy',
    names: ['envoy'],
    role: 'server',
    where: 'the listener',
    snippet: ({ idle, interval, count }) =>
      'socket_options:\n' +
      `  - { level: 1, name: 9, int_value: 1, state: STATE_PREBIND }\n` +
      `  - { level: 6, name: 4, int_value: ${idle}, state: STATE_PREBIND }\n` +
      `  - { level: 6, name: 5, int_value: ${interval}, state: STATE_PREBIND }\n` +
      `  - { level: 6, name: 6, int_value: ${count}, state: STATE_PREBIND }`,
  },
  {
    // systemd.socket(5): KeepAlive= and its times are set on the listener, and what is accepted inherits them.
    title: 'a systemd socket unit',
    names: ['systemd'],
    role: 'server',
    where: 'the [Socket] section: systemctl edit NAME.socket',
    snippet: ({ idle, interval, count }) =>
      `[Socket]\nKeepAlive=yes\nKeepAliveTimeSec=${idle}\nKeepAliveIntervalSec=${interval}\nKeepAliveProbes=${count}`,
  },
  {
    // rsyslog's imtcp: keepAlive, keepAlive.time, keepAlive.interval (8.2106), keepAlive.probes.
    title: 'rsyslog',
    names: ['rsyslogd'],
    role: 'server',
    where: '/etc/rsyslog.conf, where imtcp is loaded',
    snippet: ({ idle, interval, count }) =>
      `module(load="imtcp" keepAlive="on" keepAlive.time="${idle}" keepAlive.interval="${interval}" ` +
      `keepAlive.probes="${count}")`,
  },
  {
    // smb.conf(5), "socket options"; "keepalive" sends packets of the protocol's own.
    title: 'Samba',
    names: ['smbd'],
    where: '/etc/samba/smb.conf, [global]',
    snippet: ({ idle, interval, count }) =>
      `socket options = TCP_NODELAY SO_KEEPALIVE TCP_KEEPIDLE=${idle} TCP_KEEPINTVL=${interval} TCP_KEEPCNT=${count}`,
  },
  {
    // stunnel(8), "socket": a is what it accepts on, l the accepted one, r the one that it dials.
    title: 'stunnel',
    names: ['stunnel', 'stunnel4'],
    where: 'stunnel.conf, global options',
    snippet: ({ idle, interval, count }) =>
      ['l', 'r']
        .map(
          (side) =>
            `socket = ${side}:SO_KEEPALIVE=1\nsocket = ${side}:TCP_KEEPIDLE=${idle}\n` +
            `socket = ${side}:TCP_KEEPINTVL=${interval}\nsocket = ${side}:TCP_KEEPCNT=${count}`,
        )
        .join('\n'),
  },
];
