// Settings: the three values that the kernel gives every socket which turns keepalive on and sets none of its own.
// They belong to a network namespace: procfs shows those of the process that looks.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WarmlineError } from '../../errors.js';
import { type Keepalive, keepaliveRanges, type Range } from '../../keepalive/policy.js';
import { codeOf, settingRefused } from './refusal.js';

export type SettingName = 'time' | 'interval' | 'probes';

/** One value for each; time and interval in seconds. */
export type Values = Readonly<Record<SettingName, number>>;

interface Setting {
  /** As sysctl(8) names it. */
  readonly key: string;
  /** Below /proc/sys. */
  readonly path: string;
  readonly unit: 's' | '';
  /** What a kernel starts with, and each new network namespace (include/net/tcp.h). */
  readonly initial: number;
  /**
   * What a socket may ask for, tcp(7), and all that is written here. The kernel lets sysctl(8) write more: 0 probes,
   * which reset every idle connection in place of its first probe, and times of 0 or less.
   */
  readonly range: Range;
}

/** Every setting by the name of its option. */
export const settings = {
  time: {
    key: 'net.ipv4.tcp_keepalive_time',
    path: 'net/ipv4/tcp_keepalive_time',
    unit: 's',
    initial: 7200,
    range: keepaliveRanges.idle,
  },
  interval: {
    key: 'net.ipv4.tcp_keepalive_intvl',
    path: 'net/ipv4/tcp_keepalive_intvl',
    unit: 's',
    initial: 75,
    range: keepaliveRanges.interval,
  },
  probes: {
    key: 'net.ipv4.tcp_keepalive_probes',
    path: 'net/ipv4/tcp_keepalive_probes',
    unit: '',
    initial: 9,
    range: keepaliveRanges.count,
  },
} as const satisfies Readonly<Record<SettingName, Setting>>;

export const settingNames = Object.keys(settings) as SettingName[];

/** Where the settings and the files that set them at boot are found. */
export interface Roots {
  /** The settings: /proc/sys. */
  readonly procSys: string;
  /** What the paths of files such as /etc/sysctl.conf are below of; empty: the machine's own. */
  readonly files: string;
}

export const machineRoots: Roots = { procSys: '/proc/sys', files: '' };

/** What holds now; WL_SYSCTL when the kernel does not say. */
export function readValues(procSys: string): Values {
  return {
    time: readValue('time', procSys),
    interval: readValue('interval', procSys),
    probes: readValue('probes', procSys),
  };
}

/** One of them. */
export function readValue(name: SettingName, procSys: string): number {
  const path = join(procSys, settings[name].path);
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw settingRefused('read', path, error);
    const what = `expected ${path}, got nothing`;
    const mend = 'it comes with a mounted procfs and a kernel that has IPv4';
    throw new WarmlineError('WL_SYSCTL', `${what}; ${mend}`, { cause: error });
  }
}

/** The keepalive of a socket that sets nothing but SO_KEEPALIVE. */
export function asKeepalive({ time, interval, probes }: Values): Keepalive {
  return { idle: time, interval, count: probes, userTimeout: 0 };
}
