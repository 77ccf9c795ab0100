// The lexer of C and C++: what is a token, where it stands, and that no text is too strange for it.
import test from 'ava';
import fc from 'fast-check';
import { lex, type Token } from '../../src/toolkit/source/lexer.js';
import { judgeSources } from '../../src/toolkit/source/report.js';
import { listFiles, readText } from '../helpers/repository.js';

test('comments and white space are left out', (t) => {
  t.deepEqual(texts('a /* b \n c */ d // e \\\n f\n g'), ['a', 'd', 'g']);
});

test('strings and characters are one token, also with quotes and newlines in them', (t) => {
  t.deepEqual(texts(`f("a \\" b", '"', "c\\\nd", '\\'')`), [
    'f',
    '(',
    '"a \\" b"',
    ',',
    `'"'`,
    ',',
    '"c\\\nd"',
    ',',
    `'\\''`,
    ')',
  ]);
});

test('a raw string ends where it says', (t) => {
  t.deepEqual(texts('u8R"x(a)" b // )x" + 1'), ['u8R"x(a)" b // )x"', '+', '1']);
});

test('a string without an end ends with its line', (t) => {
  t.deepEqual(texts('a "b c\nd'), ['a', '"b c', 'd']);
});

test('numbers keep the quotes of C++', (t) => {
  t.deepEqual(texts("1'000'000 0x1fUL 1.5e3"), ["1'000'000", '0x1fUL', '1.5e3']);
});

test('a directive is one token, with the lines that it goes on for', (t) => {
  const directive = '# define A(x) \\\n  x /* more\n lines */ y';
  t.deepEqual(lex(`b;\n ${directive}\nc`).at(2), { kind: 'directive', text: directive, offset: 4 });
  t.is(lex('a # b').at(1)?.kind, 'punctuation');
});

test('a directive may come first, also behind the mark of UTF-8', (t) => {
  const [first] = lex('\xef\xbb\xbf#ifdef A\nb');
  t.deepEqual(first, { kind: 'directive', text: '#ifdef A', offset: 3 });
});

test('tokens stand where they say, whatever the bytes', (t) => {
  fc.assert(
    fc.property(sources, (text) => {
      let end = 0;
      for (const token of lex(text)) {
        if (token.offset < end || text.slice(token.offset, endOf(token)) !== token.text)
          return false;
        end = endOf(token);
      }
      return end <= text.length;
    }),
  );
  t.pass();
});

test('any bytes can be judged, and sites stand within them', (t) => {
  fc.assert(
    fc.property(fc.array(sources, { minLength: 1, maxLength: 3 }), (texts) => {
      const files = new Map(texts.map((text, index) => [`${index}.c`, text]));
      return judgeSources(files).every(({ file, line, column }) => {
        const lines = files.get(file)?.split('\n') ?? [];
        return column >= 1 && column <= (lines[line - 1]?.length ?? 0);
      });
    }),
    { numRuns: 400 },
  );
  t.pass();
});

test('what is nested without end, or never closed, comes to an end', (t) => {
  const many = 20_000;
  const strange = [
    `int f(void) { s = socket(${'('.repeat(many)}AF_INET, SOCK_STREAM, 0); }`,
    `int f(void) { s = ${'g('.repeat(many)}socket(AF_INET, SOCK_STREAM, 0)${')'.repeat(many)}; }`,
    `int t[] = { ${'SO_KEEPALIVE, '.repeat(many)} };`,
    `${'#if A\n'.repeat(many)} socket(`,
    `${'R"x('.repeat(many)} SO_KEEPALIVE`,
    `#if ${'/*'.repeat(many)}\nSO_KEEPALIVE`,
    `int f(int a) { ${'a = a; '.repeat(many)} socket(a, 1, 0); return a; }`,
    `int f(void) { ${'{'.repeat(many)} socket(AF_INET, 1, 0);`,
    `${'#if A\nint a;\n'.repeat(many)} socket(`,
    `int f(void) { ${'a = '.repeat(2 * many)} socket(AF_INET, 1, 0); }`,
  ];
  for (const text of strange) t.notThrows(() => judgeSources(new Map([['a.c', text]])));
});

const fixtures = listFiles('test/fixtures/source', '.c', '.cc').map(readText);

/** Bytes, pieces of real files, and what C is made of in any order, so that much of it is nearly right. */
const sources = fc.oneof(
  fc
    .tuple(fc.constantFrom(...fixtures), fc.nat(2000), fc.nat(2000))
    .map(([text, from, length]) => text.slice(from, from + length)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  fc
    .array(
      fc.constantFrom(
        ...'(){}[];,=*&|?:."\'\\\n#/ '.split(''),
        ...'int f fd constructor __proto__ toString sockaddr_un -> :: return static if else 1 /* */ // R"(  )"'.split(
          ' ',
        ),
        ...'#if 0|#ifdef _WIN32|#else|#endif|#define M(a) f(a|#define N f'
          .split('|')
          .map((line) => `\n${line}\n`),
        'int f(int fd) {',
        'struct s { int fd; };',
        'fd = socket(AF_INET, SOCK_STREAM, 0);',
        'return socket(f, fd, 0);',
        'int fd = accept(f, 0, 0);',
        'setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, 0, 0);',
        'f(fd);',
        '}',
      ),
      { maxLength: 60 },
    )
    .map((parts) => parts.join(' ')),
);

function endOf({ offset, text }: Token): number {
  return offset + text.length;
}

function texts(text: string): string[] {
  return lex(text).map((token) => token.text);
}
