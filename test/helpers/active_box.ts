// Active box: a laboratory whose NAT resets connections by itself once no packet of theirs has passed for a while, payload or
// not. Netfilter never does, so its clocks are read, and what is due is killed at the upstream, whose kernel sends the reset.
import { setTimeout as after } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Port, Seconds } from '../../src/units.js';
import type { Laboratory } from './laboratory.js';

/** From now on connections to this port are reset when they have been idle for so long; the NAT remembers `remembers`. */
export function resetWhenIdle(
  t: ExecutionContext,
  laboratory: Laboratory,
  { port, idle, remembers }: { port: Port; idle: Seconds; remembers: Seconds },
): void {
  let on = true;
  t.teardown(() => {
    on = false;
  });
  void (async () => {
    while (on) {
      for (const client of idleSince(laboratory, remembers - idle)) {
        laboratory.upstream.run('ss', '-K', `sport = :${port} and dport = :${client}`);
      }
      await after(250);
    }
  })();
}

/** The ports, as the upstream sees them, of established connections that will be remembered for so long at most. */
function idleSince({ nat }: Laboratory, left: Seconds): Port[] {
  const listed = nat.run('conntrack', '-L', '-p', 'tcp', '--state', 'ESTABLISHED').trim();
  return listed.split('\n').flatMap((line) => {
    // tcp      6 55 ESTABLISHED src=… dst=… sport=… dport=… src=… dst=… sport=… dport=…
    const remaining = Number(line.split(/\s+/)[2]);
    const seen = [...line.matchAll(/dport=(\d+)/g)].at(-1)?.[1];
    return remaining <= left && seen !== undefined ? [Number(seen)] : [];
  });
}
