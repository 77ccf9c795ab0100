// Progress of a probe: a line for each event, and on a terminal a line below them that is written anew.
import test from 'ava';
import { ProbeProgress } from '../../src/cli/probe_progress.js';
import type { Progress, Search } from '../../src/toolkit/probe/search.js';

const search = { timeLeft: () => ({ round: 61_000, all: 184_000 }) } as unknown as Search;

const round: Progress = {
  event: 'round',
  number: 1,
  round: { kind: 'ladder', silent: [15_000, 30_000, 30_000], warm: [], enough: 1 },
};

const measured: Progress = {
  event: 'measured',
  measurement: {
    idle: 15_004,
    verdict: 'dropped',
    closedBy: null,
    why: null,
    round: 1,
    warm: false,
  },
};

const lines = [
  'round 1: growing idle times, 3 connections, at most 3m4s left\n',
  '  15s idle: forgotten (no answer)\n',
];

test('without a terminal there is a line for each event', (t) => {
  t.deepEqual(shown(false), lines);
});

test('on a terminal the time left stands below them, and goes in the end', (t) => {
  const clear = '\r\x1b[K';
  const status = `${clear}… this round at most 61s more, all of it at most 3m4s`;
  t.deepEqual(shown(true), [`${clear}${lines[0]}`, status, `${clear}${lines[1]}`, status, clear]);
});

test('on a narrow terminal the time left is cut, for what is wrapped would stay', (t) => {
  t.deepEqual(shown(true, 20).slice(1, 2), ['\r\x1b[K… this round at mos']);
});

/** What the events come to. */
function shown(isTTY: boolean, columns = 80): string[] {
  const written: string[] = [];
  const write = (text: string | Uint8Array) => written.push(String(text)) > 0;
  const progress = new ProbeProgress({ isTTY, columns, write });
  progress.tell(round, search);
  progress.tell(measured, search);
  progress.end();
  return written;
}
