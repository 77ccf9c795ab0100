// Leaves: the single values of a configuration file.
// For editors and docs/config.md each carries a `pattern`, and in words what it `takes`.
import { keepaliveRanges, type Range } from '../keepalive/policy.js';
import { durationUnits, formatDuration, type Milliseconds } from '../units.js';
import { aListenAddress, anEndpoint, parseEndpoint, parseListenAddress } from './address.js';
import { aDuration, durationPattern, parseDuration, parseSeconds } from './duration.js';
import { accept, type Parsed, refuse } from './expected.js';
import { text } from './shapes.js';

/** The longest wait that warmline times itself: a day more would not fit a timer's 31 bits of milliseconds. */
const longestWait: Milliseconds = 24 * durationUnits.d;

/** A wait of at least `min` milliseconds, as milliseconds. */
export function wait(min: Milliseconds) {
  const range = { min, max: longestWait };
  return text(aDuration, (word) => parseDuration(word, range), noUnit).meta({
    takes: `a duration from ${rangeInWords(range)}`,
    pattern: `^${durationPattern}$`,
  });
}

/** TCP_KEEPIDLE, TCP_KEEPINTVL or what they are derived from, as seconds. */
export function wholeSeconds({ min, max }: Range) {
  const range = { min: min * 1000, max: max * 1000 };
  return text(aDuration, (word) => parseSeconds(word, range), noUnit).meta({
    takes: `a duration in whole seconds from ${rangeInWords(range)}`,
    pattern: '^([0-9]+(s|m|h|d)|[0-9]+000ms)$',
  });
}

/** TCP_USER_TIMEOUT, as milliseconds or `auto`; `off` is 0. */
export function userTimeout() {
  return text(aUserTimeout, parseUserTimeout, noUnit).meta({
    takes: `\`auto\`, \`off\` or a duration from ${rangeInWords(keepaliveRanges.userTimeout)}`,
    pattern: `^(auto|off|${durationPattern})$`,
  });
}

/** An address to listen on. */
export function listenAddress() {
  return text(aListenAddress, parseListenAddress, noHost).meta({
    takes: 'IPv4:port, [IPv6]:port or unix:/path',
    pattern: '^([0-9.]+:[0-9]{1,5}|\\[[0-9A-Fa-f:.]+\\]:[0-9]{1,5}|unix:/.+)$',
  });
}

/** An address to dial. */
export function endpoint() {
  return text(anEndpoint, parseEndpoint, noHost).meta({
    takes: 'name:port, IPv4:port, [IPv6]:port or unix:/path',
    pattern: '^([A-Za-z0-9_.-]+:[0-9]{1,5}|\\[[0-9A-Fa-f:.]+\\]:[0-9]{1,5}|unix:/.+)$',
  });
}

/** The name of a route. */
export function routeName() {
  return text(aName, parseName, 'quote it').meta({
    takes: '1 to 63 letters, digits, dots, underscores and hyphens, a letter or digit first',
    pattern: namePattern,
  });
}

const noUnit = 'a number without a unit';
const noHost = 'a port without a host';
const aUserTimeout = '"auto", "off" or a duration such as "90s"';
const aName = 'a name of letters, digits, ".", "_" and "-", at most 63, such as "postgres"';
const namePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$';

/** `auto`, milliseconds, or 0 for `off`. */
export function parseUserTimeout(word: string): Parsed<Milliseconds | 'auto'> {
  if (word === 'auto') return accept(word);
  if (word === 'off') return accept(0);
  return parseDuration(word, keepaliveRanges.userTimeout, aUserTimeout);
}

function parseName(word: string): Parsed<string> {
  return new RegExp(namePattern).test(word) ? accept(word) : refuse(aName, word);
}

function rangeInWords({ min, max }: Range): string {
  return `${formatDuration(min)} to ${formatDuration(max)}`;
}
