// Suggest: mistyped words find the ones that were meant, and strange ones none.
import test from 'ava';
import { closest } from '../../src/config/suggest.js';

const known = ['idle', 'interval', 'count', 'userTimeout', 'log'];

test('one or two edits are forgiven: a letter too many, too few, another or two swapped', (t) => {
  const meant = ['idlee', 'interva', 'coumt', 'idel', 'USERTIMEOUT', 'usertimout'].map((word) =>
    closest(word, known),
  );
  t.deepEqual(meant, ['idle', 'interval', 'count', 'idle', 'userTimeout', 'userTimeout']);
});

test('a word far from all is not guessed at', (t) => {
  const meant = ['retries', '', 'x', 'foo', 'lag2'].map((word) => closest(word, known));
  t.deepEqual(meant, [undefined, undefined, undefined, undefined, undefined]);
});

test('the nearest word is suggested, not the first that is near enough', (t) => {
  t.is(closest('coun', ['cost', 'count']), 'count');
});
