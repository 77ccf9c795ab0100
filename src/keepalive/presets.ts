// Presets: the middleboxes whose memory is known: how long each remembers a connection that is idle, and what then.
// docs/keepalive.md has the same table, made from this one.
import type { Seconds } from '../units.js';
import type { Range } from './policy.js';

/** One kind of middlebox, as its vendor's documentation has it. */
export interface Preset {
  /** For people. */
  readonly title: string;
  /** How long it remembers an idle connection unless it was set otherwise. */
  readonly limit: Seconds;
  /** What its limit can be set to, in seconds; `unknown` when no document says. */
  readonly settable: Range | 'fixed' | 'unknown';
  /** What becomes of a connection that it has forgotten. */
  readonly onExpiry: 'reset' | 'drop' | 'close' | 'hang' | 'unknown';
  /** What it counts as a sign of life; a probe is a packet without payload. */
  readonly refreshedBy: 'packets' | 'payload';
}

/** Every preset by its name, in the order in which they are shown. */
export const presets = {
  'aws-nlb-tcp': {
    title: 'AWS Network Load Balancer, TCP listener',
    limit: 350,
    settable: { min: 60, max: 6000 },
    onExpiry: 'reset',
    refreshedBy: 'packets',
  },
  'aws-nlb-tls': {
    title: 'AWS Network Load Balancer, TLS listener',
    limit: 350,
    settable: 'fixed',
    onExpiry: 'unknown',
    refreshedBy: 'packets',
  },
  'aws-nat-gateway': {
    title: 'AWS NAT gateway',
    limit: 350,
    settable: 'fixed',
    onExpiry: 'reset',
    refreshedBy: 'packets',
  },
  'aws-network-firewall': {
    title: 'AWS Network Firewall',
    limit: 350,
    settable: { min: 60, max: 6000 },
    onExpiry: 'drop',
    refreshedBy: 'packets',
  },
  'aws-classic-lb': {
    title: 'AWS Classic Load Balancer',
    limit: 60,
    settable: { min: 1, max: 3600 },
    onExpiry: 'close',
    refreshedBy: 'payload',
  },
  'aws-ec2': {
    title: 'AWS EC2 connection tracking',
    limit: 432_000,
    settable: { min: 60, max: 432_000 },
    onExpiry: 'unknown',
    refreshedBy: 'packets',
  },
  'aws-ec2-nitro-v6': {
    title: 'AWS EC2 connection tracking, Nitro v6 instances',
    limit: 350,
    settable: { min: 60, max: 432_000 },
    onExpiry: 'unknown',
    refreshedBy: 'packets',
  },
  'azure-load-balancer': {
    title: 'Azure Load Balancer',
    limit: 240,
    settable: { min: 240, max: 6000 },
    onExpiry: 'drop',
    refreshedBy: 'packets',
  },
  'azure-nat-gateway': {
    title: 'Azure NAT gateway',
    limit: 240,
    settable: { min: 240, max: 7200 },
    onExpiry: 'drop',
    refreshedBy: 'packets',
  },
  'azure-firewall': {
    title: 'Azure Firewall, north-south',
    limit: 240,
    settable: 'unknown',
    onExpiry: 'unknown',
    refreshedBy: 'packets',
  },
  'gcp-vpc': {
    title: 'Google Cloud VPC connection tracking',
    limit: 600,
    settable: 'fixed',
    onExpiry: 'drop',
    refreshedBy: 'packets',
  },
  'gcp-cloud-nat': {
    title: 'Google Cloud NAT',
    limit: 1200,
    settable: 'unknown',
    onExpiry: 'drop',
    refreshedBy: 'packets',
  },
  'docker-swarm': {
    title: 'Docker swarm (IPVS)',
    limit: 900,
    settable: 'unknown',
    onExpiry: 'hang',
    refreshedBy: 'packets',
  },
  meraki: {
    title: 'Cisco Meraki',
    limit: 300,
    settable: 'unknown',
    onExpiry: 'unknown',
    refreshedBy: 'packets',
  },
  'linux-netfilter': {
    title: 'Linux netfilter',
    limit: 432_000,
    settable: 'unknown',
    onExpiry: 'unknown',
    refreshedBy: 'packets',
  },
  rfc5382: {
    title: 'a NAT after RFC 5382, at least',
    limit: 7440,
    settable: 'unknown',
    onExpiry: 'unknown',
    refreshedBy: 'packets',
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

/** The names, in the order of the table. */
export const presetNames = Object.keys(presets) as [PresetName, ...PresetName[]];
