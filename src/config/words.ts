// Words: a Config from the words of a command line, for one route without a file.
import { WarmlineError } from '../errors.js';
import type { Config } from './config.js';
import { expected } from './expected.js';
import { type Finding, formatPath } from './finding.js';
import { validate } from './validate.js';

/** What the options of `warmline run` were given. */
export interface ConfigWords {
  /** Each use of --listen. */
  readonly listen: readonly string[];
  /** Each use of --upstream: endpoints, tried in order. */
  readonly upstream: readonly string[];
  /** --keepalive: "off", or idle/interval/count with a user timeout that may follow: "60s/10s/3", "60s/10s/3/90s". */
  readonly keepalive?: string | undefined;
  /** --client-keepalive: the same for one leg, instead of --keepalive. */
  readonly clientKeepalive?: string | undefined;
  /** --upstream-keepalive: likewise. */
  readonly upstreamKeepalive?: string | undefined;
}

/** Makes a Config of one route, named "relay"; throws WL_USAGE with a line for each word that is wrong. */
export function configFromWords(words: ConfigWords): Config {
  const { listen, upstream } = words;
  const validation = validate({
    defaults: keepaliveUnder('keepalive', words.keepalive),
    routes: [
      {
        name: 'relay',
        listen,
        upstream,
        keepalive: {
          ...keepaliveUnder('client', words.clientKeepalive),
          ...keepaliveUnder('upstream', words.upstreamKeepalive),
        },
      },
    ],
  });
  const problems = [
    ...refuseForm('--keepalive', words.keepalive),
    ...refuseForm('--client-keepalive', words.clientKeepalive),
    ...refuseForm('--upstream-keepalive', words.upstreamKeepalive),
    ...(validation.ok ? [] : validation.findings.map(explain)),
  ];
  if (validation.ok && problems.length === 0) return validation.config;
  throw new WarmlineError('WL_USAGE', problems.join('\n'));
}

/** Where the configuration holds what an option gave. */
const places = [
  ['--listen', 'routes[0].listen'],
  ['--upstream', 'routes[0].upstream'],
  ['--client-keepalive', 'routes[0].keepalive.client'],
  ['--upstream-keepalive', 'routes[0].keepalive.upstream'],
  ['--keepalive', 'defaults.keepalive'],
] as const;

/** "--keepalive: idle: expected X, got Y". */
function explain({ path, message }: Finding): string {
  const place = formatPath(path);
  const [option, prefix] = places.find(([, prefix]) => place.startsWith(prefix)) ?? ['', ''];
  const part = /^\.(\w+)/.exec(place.slice(prefix.length))?.[1];
  return [option, ...(part === undefined ? [] : [part]), message.replace(prefix, option)].join(
    ': ',
  );
}

/** A text of the wrong form is left out here and refused by `refuseForm`. */
function keepaliveUnder(key: string, text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined || !keepaliveForm.test(text)) return {};
  if (text === 'off') return { [key]: text };
  const [idle, interval, count = '', userTimeout = 'auto'] = text.split('/');
  const isNumber = /^[0-9]+$/.test(count);
  return { [key]: { idle, interval, count: isNumber ? Number(count) : count, userTimeout } };
}

function refuseForm(option: string, text: string | undefined): string[] {
  if (text === undefined || keepaliveForm.test(text)) return [];
  return [`${option}: ${expected('"off" or idle/interval/count such as 60s/10s/3', text)}`];
}

const keepaliveForm = /^(off|[^/]+\/[^/]+\/[^/]+(\/[^/]+)?)$/;
