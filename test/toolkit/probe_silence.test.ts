// Silence: what breaks it, of the things that TCP_INFO does not tell and of those that it does.
import test from 'ava';
import { Silence } from '../../src/toolkit/probe/silence.js';

/** What TCP_INFO says of a connection of this age: two segments without data were sent to open it. */
const opened = { bytesReceived: 0, emptySegments: 2 };

test('nothing but time passes', (t) => {
  const silence = new Silence();
  t.is(silence.look({ ...opened, lastAck: 1000 }, 1001), 1000);
  t.is(silence.look({ ...opened, lastAck: 9000 }, 9001), 9000);
  t.is(silence.breaks, 0);
});

test('an answer to nothing that was received breaks it', (t) => {
  const silence = new Silence();
  silence.look({ ...opened, lastAck: 1000 }, 1001);
  t.is(silence.look({ ...opened, emptySegments: 3, lastAck: 2000 }, 2001), 0);
  t.is(silence.look({ ...opened, emptySegments: 3, lastAck: 5000 }, 5001), 3000);
  t.is(silence.breaks, 1);
});

test('words are told by TCP_INFO, and their acknowledgement, late as it may be, is no break', (t) => {
  const silence = new Silence();
  silence.look({ ...opened, lastAck: 1000 }, 1001);
  t.is(silence.look({ bytesReceived: 5, emptySegments: 2, lastAck: 10 }, 2001), 10);
  t.is(silence.look({ bytesReceived: 5, emptySegments: 3, lastAck: 1010 }, 3001), 1010);
  t.is(silence.look({ bytesReceived: 9, emptySegments: 4, lastAck: 900 }, 4001), 900);
  t.is(silence.breaks, 0);
});
