// Rule: one rule of the preload library, "10.0.0.0/8=60s/10s/3", checked before it goes into an environment, where the
// library could only warn. The grammar is in docs/toolkit/preload.md.
import { isIP } from 'node:net';
import { accept, type Parsed, refuse } from '../../config/expected.js';
import { parseUserTimeout } from '../../config/leaves.js';
import { presetNames } from '../../keepalive/presets.js';
import { parseCount, parseTime } from './values.js';

/** As many as the library has room for. */
export const mostRules = 32;

const aRule =
  'a rule such as "10.0.0.0/8=60s/10s/3", "fd00::/8=off" or "192.0.2.7=aws-nat-gateway"';

/** Accepts a rule as it is written. Durations carry their unit, as everywhere on our command line. */
export function parseRule(text: string): Parsed<string> {
  const [, range = '', keepalive = ''] = /^([^=]+)=([^=]+)$/.exec(text) ?? [];
  if (!isRange(range)) return refuse(aRule, text, 'what stands before "=" is no address range');
  const mend = whyNoKeepalive(keepalive);
  return mend === undefined ? accept(text) : refuse(aRule, text, mend);
}

function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || address.includes('%') || rest.length > 0) return false;
  return (
    bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
  );
}

function whyNoKeepalive(text: string): string | undefined {
  if (['on', 'off', ...presetNames].includes(text)) return undefined;
  const [idle = '', interval = '', count, userTimeout = 'auto', ...rest] = text.split('/');
  if (count === undefined || rest.length > 0)
    return 'what stands behind "=" is idle/interval/count, on, off or a preset';
  return (
    whyNot('idle', parseTime(idle)) ??
    whyNot('interval', parseTime(interval)) ??
    whyNot('count', parseCount(count)) ??
    whyNot('user timeout', parseUserTimeout(userTimeout))
  );
}

function whyNot(name: string, parsed: Parsed<unknown>): string | undefined {
  return parsed.ok ? undefined : `${name}: ${parsed.message}`;
}
