// Fields: every event that a log line can tell, with its fields. docs/logs.md explains them; a test compares the two.

/** The events and their fields, in the order of a line; every line also has `level`, `time` and `event`. */
export const logFields = {
  start: ['version', 'node', 'pid', 'config', 'workers', 'routes', 'fdLimit', 'sessionLimit'],
  listening: ['route', 'address', 'endpoints', 'clientKeepalive', 'upstreamKeepalive'],
  backlogCapped: ['backlog', 'somaxconn'],
  keepaliveVerified: ['route', 'worker', 'session', 'client', 'upstream'],
  sessionClosed: [
    'session',
    'route',
    'client',
    'upstream',
    'reason',
    'leg',
    'errno',
    'syscall',
    'evidence',
    'duration',
    'bytesToUpstream',
    'bytesToClient',
    'clientKeepalive',
    'upstreamKeepalive',
  ],
  suspect: [
    'session',
    'route',
    'leg',
    'client',
    'upstream',
    'probes',
    'retransmits',
    'lastAck',
    'payloadIdle',
  ],
  proven: ['session', 'route', 'leg', 'client', 'upstream', 'lastAck', 'payloadIdle'],
  retuned: ['route', 'retuned', 'unchanged', 'failed'],
  needsRestart: ['route', 'keys'],
  dialFailed: ['session', 'route', 'endpoint', 'reason', 'errno', 'syscall', 'willRetry'],
  acceptPaused: ['route', 'errno', 'syscall'],
  acceptResumed: ['route', 'pausedFor'],
  counters: [
    'route',
    'accepted',
    'active',
    'bytesToUpstream',
    'bytesToClient',
    'dialFailures',
    'acceptPauses',
    'closed',
    'clientLegs',
    'upstreamLegs',
  ],
  session: [
    'session',
    'route',
    'worker',
    'state',
    'age',
    'client',
    'upstream',
    'bytesToUpstream',
    'bytesToClient',
    'clientKeepalive',
    'upstreamKeepalive',
    'clientLiveness',
    'upstreamLiveness',
  ],
  eventsDropped: ['queueFull', 'slowReader', 'rateLimit'],
  draining: ['active', 'limit'],
  shutdown: ['drained', 'reset', 'uptime'],
} as const;

export type LogEvent = keyof typeof logFields;

/** Exactly the fields of one event. */
export type LogFields<E extends LogEvent> = Readonly<
  Record<(typeof logFields)[E][number], unknown>
>;
