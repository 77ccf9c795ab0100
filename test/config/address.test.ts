// Address: what can be listened on and dialled. What can't be stands in the fixtures listen.yaml and upstream.yaml.
import test from 'ava';
import fc from 'fast-check';
import { formatAddress, parseEndpoint, parseListenAddress } from '../../src/config/address.js';

test('an address is written the way it was read', (t) => {
  const forms = [
    '0.0.0.0:0',
    '127.0.0.1:65535',
    '[::1]:7070',
    '[2001:db8::5]:1',
    'unix:/run/a b.sock',
  ];
  for (const text of forms) {
    const parsed = parseListenAddress(text);
    t.is(parsed.ok && formatAddress(parsed.value), text);
  }
});

test('IPv6 is brought to its shortest form', (t) => {
  t.deepEqual(parseListenAddress('[2001:0DB8:0:0::0:1]:80'), {
    ok: true,
    value: { host: '2001:db8::1', port: 80 },
  });
});

test('a path is counted in bytes, of which a unix socket takes 107', (t) => {
  t.true(parseListenAddress(`unix:/${'é'.repeat(53)}`).ok);
  t.false(parseListenAddress(`unix:/${'é'.repeat(53)}x`).ok);
});

test('a host name has labels of at most 63 characters and 253 in all', (t) => {
  const label = 'a'.repeat(63);
  t.true(parseEndpoint(`${label}.internal:1`).ok);
  t.false(parseEndpoint(`${label}a.internal:1`).ok);
  t.true(parseEndpoint(`${[label, label, label, 'a'.repeat(61)].join('.')}:1`).ok);
  t.false(parseEndpoint(`${[label, label, label, 'a'.repeat(62)].join('.')}:1`).ok);
});

test('a long name that is none is refused at once', (t) => {
  t.false(parseEndpoint(`${'a'.repeat(250)}!:1`).ok);
  t.false(parseEndpoint(`${'a-'.repeat(120)}:1`).ok);
});

test('any IPv4 and IPv6 address with any port can be listened on', (t) => {
  const isReadBack = (text: string) => {
    const parsed = parseListenAddress(text);
    return parsed.ok && parseListenAddress(formatAddress(parsed.value)).ok;
  };
  const port = fc.integer({ min: 0, max: 65_535 });
  const ipv4 = fc.tuple(fc.ipV4(), port).map(([host, number]) => `${host}:${number}`);
  const ipv6 = fc.tuple(fc.ipV6(), port).map(([host, number]) => `[${host}]:${number}`);
  t.notThrows(() => fc.assert(fc.property(fc.oneof(ipv4, ipv6), isReadBack)));
});

test('any domain can be dialled', (t) => {
  const isDialled = (domain: string) => parseEndpoint(`${domain}:1`).ok;
  t.notThrows(() => fc.assert(fc.property(fc.domain(), isDialled)));
});
