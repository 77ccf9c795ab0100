// Schema: every key that a configuration file may have, with its meaning and its default.
// The JSON Schema for editors and the tables of docs/config.md are generated from it.
// Zod is required, not imported: Node opens all the files of an import at once, zod's 60 locales among them, and a
// process that may have 64 descriptors could not start.
import z = require('zod');

import { intentRanges } from '../keepalive/intent.js';
import { builtInKeepalive, keepaliveRanges } from '../keepalive/policy.js';
import { presetNames } from '../keepalive/presets.js';
import { aListenAddress, anEndpoint } from './address.js';
import { endpoint, listenAddress, routeName, userTimeout, wait, wholeSeconds } from './leaves.js';
import { either, listOf, mapping, oneOf, oneOrMore, wholeNumber, yesOrNo } from './shapes.js';

const aKeepalive = '"off" or a mapping such as { idle: 60s, interval: 10s, count: 3 }';

const keepaliveKeys = {
  idle: wholeSeconds(keepaliveRanges.idle)
    .exactOptional()
    .meta({
      description: 'How long nothing is received before the first probe (TCP_KEEPIDLE).',
      builtIn: `${builtInKeepalive.idle}s`,
    }),
  interval: wholeSeconds(keepaliveRanges.interval)
    .exactOptional()
    .meta({
      description: 'How long to wait for an answer before the next probe (TCP_KEEPINTVL).',
      builtIn: `${builtInKeepalive.interval}s`,
    }),
  count: wholeNumber(keepaliveRanges.count).exactOptional().meta({
    description:
      'How many probes may go unanswered before the peer is declared dead (TCP_KEEPCNT).',
    builtIn: builtInKeepalive.count,
  }),
  userTimeout: userTimeout()
    .exactOptional()
    .meta({
      description:
        'How long sent data may go unacknowledged (TCP_USER_TIMEOUT); it also replaces the count while idle. ' +
        '`auto` is idle + interval × count: the same patience, idle or busy.',
      builtIn: builtInKeepalive.userTimeout,
    }),
  preset: oneOf(presetNames).exactOptional().meta({
    takes: 'the name of a middlebox, such as `aws-nat-gateway`',
    description: 'The middlebox on the path; its limit is the natTimeout unless one is given.',
  }),
  natTimeout: wholeSeconds(intentRanges.natTimeout).exactOptional().meta({
    description:
      'How long a middlebox on the path remembers an idle connection; a third of it is the most that derived values let pass between two probes.',
  }),
  deadAfter: wholeSeconds(intentRanges.deadAfter).exactOptional().meta({
    description:
      'When a dead peer is noticed at the latest, idle or busy; idle, interval and count are derived from it where they are left out.',
  }),
};

/** A keepalive as it is written for one leg. */
export const legSchema = either(aKeepalive, [z.literal('off'), mapping(keepaliveKeys)]);

/** A keepalive as it is written for both legs. */
export const keepaliveSchema = either(aKeepalive, [
  z.literal('off'),
  mapping({
    ...keepaliveKeys,
    client: legSchema
      .exactOptional()
      .meta({ description: 'The same keys or `off`, for the client leg alone.' }),
    upstream: legSchema
      .exactOptional()
      .meta({ description: 'The same keys or `off`, for the upstream leg alone.' }),
  }),
]).exactOptional();

/** What `keepaliveSchema` makes of one place; undefined where nothing is written. */
export type WrittenKeepalive = z.output<typeof keepaliveSchema> | undefined;

const log = mapping({
  level: oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
    .prefault('info')
    .meta({ description: 'The least severe level that is logged.' }),
  format: oneOf(['json', 'pretty']).exactOptional().meta({
    description: 'Left out: pretty on a terminal, json elsewhere.',
  }),
  sessions: oneOf(['all', 'failures', 'none']).prefault('all').meta({
    description:
      'Which closed sessions are logged. `failures` leaves out those that either side ended with a FIN.',
  }),
});

const policies = {
  connectTimeout: wait(1).meta({
    description: 'How long one attempt to connect to one address may take.',
  }),
  halfCloseTimeout: wait(1).meta({
    description: 'How long a session may go without payload after one side has finished sending.',
  }),
  noDelay: yesOrNo().meta({
    description: 'Send small writes at once (TCP_NODELAY), on both legs.',
  }),
  onDeath: oneOf(['reset', 'close']).meta({
    description:
      'What the other leg gets when one leg is reset or declared dead, after all that had been received from it: ' +
      'an RST, or a FIN as if it had ended by itself.',
  }),
  backlog: wholeNumber({ min: 1, max: 65_535 }).meta({
    description:
      'How many connections may wait to be accepted (listen(2)); the kernel caps it at net.core.somaxconn.',
  }),
};

const defaults = mapping({
  keepalive: keepaliveSchema.meta({
    description: 'Keepalive of both legs of every route, or `off`.',
  }),
  connectTimeout: policies.connectTimeout.prefault('5s'),
  halfCloseTimeout: policies.halfCloseTimeout.prefault('1h'),
  noDelay: policies.noDelay.prefault(true),
  onDeath: policies.onDeath.prefault('reset'),
  backlog: policies.backlog.prefault(4096),
});

const endpoints = listOf('endpoint', endpoint());

const route = mapping({
  name: routeName().meta({ description: 'Names the route in logs and metrics. Unique.' }),
  listen: oneOrMore(aListenAddress, listenAddress()).meta({
    description: 'Where clients connect to: one address or a list. Port 0 takes a free port.',
  }),
  upstream: either(`${anEndpoint}, a list of them, or { endpoints: [...] }`, [
    endpoint().transform((address) => [address]),
    endpoints,
    mapping({
      endpoints: endpoints.meta({ description: 'The same list, spelled out.' }),
    }).transform((upstream) => upstream.endpoints),
  ]).meta({
    description:
      'What is dialled for each client: one endpoint or a list, tried in order until one accepts.',
  }),
  keepalive: keepaliveSchema.meta({
    description: 'Keepalive of both legs of this route, or `off`.',
  }),
  connectTimeout: policies.connectTimeout.exactOptional(),
  halfCloseTimeout: policies.halfCloseTimeout.exactOptional(),
  noDelay: policies.noDelay.exactOptional(),
  onDeath: policies.onDeath.exactOptional(),
  backlog: policies.backlog.exactOptional(),
});

/** A configuration file as it is written, with the defaults that no route can change filled in. */
export const fileSchema = mapping({
  log: log.prefault({}).meta({ description: 'What is logged.' }),
  workers: either('"auto" or a whole number from 1 to 64', [
    z.literal('auto'),
    wholeNumber({ min: 1, max: 64 }),
  ])
    .prefault('auto')
    .meta({ description: 'Native threads. `auto` is one for each CPU that the process may use.' }),
  engine: oneOf(['auto', 'epoll', 'io_uring'])
    .prefault('auto')
    .meta({
      description:
        'How small messages reach the kernel: a system call each (`epoll`), or many with one (`io_uring`). `auto` is ' +
        'io_uring where the kernel has it and lets the process use it, else epoll.',
    }),
  drainTimeout: wait(0).prefault('30s').meta({
    description: 'How long open sessions may go on after SIGTERM or SIGINT, before they are reset.',
  }),
  defaults: defaults
    .prefault({})
    .meta({ description: 'What holds for every route that does not say otherwise.' }),
  routes: listOf('route', route).meta({ description: 'What is relayed where.' }),
});

/** What `fileSchema` makes of a file. */
export type WrittenConfig = z.output<typeof fileSchema>;

/** A file as a program writes it: what may be left out in YAML may be left out. */
export type ConfigInput = z.input<typeof fileSchema>;
