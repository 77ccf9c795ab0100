// Lexer: C and C++ source as tokens. Takes any bytes, read as latin1 so that an offset is a byte; never throws and never
// goes back, so its time grows with the length of the text. It does not preprocess: branches.ts does.

/** One token; `offset` is where it starts in the text. */
export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'character' | 'punctuation' | 'directive';
  /** As written. A directive is one token, up to the end of its last line. */
  readonly text: string;
  readonly offset: number;
}

const longPunctuation: ReadonlySet<string> = new Set(
  '-> :: == != <= >= && || |= &= ^= += -= *= /= %= << >> ++ --'.split(' '),
);

/** What some editors put before UTF-8, as latin1 has it. */
const byteOrderMark = '\xef\xbb\xbf';

/** Reads a text into tokens; comments and white space are left out. */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  let lineStart = true;
  for (let at = text.startsWith(byteOrderMark) ? byteOrderMark.length : 0; at < text.length; ) {
    const blank = endOfBlank(text, at);
    if (blank > at) {
      lineStart ||= text[at] === '\n';
      at = blank;
      continue;
    }
    const token = tokenAt(text, at, lineStart);
    tokens.push(token);
    lineStart = false;
    at += token.text.length;
  }
  return tokens;
}

/** Reads the rest of a `#define`, where # is an operator and no directive. */
export function lexDefinition(text: string, offset: number): Token[] {
  return lex(`_ ${text}`)
    .slice(1)
    .map((token) => ({ ...token, offset: token.offset + offset - 2 }));
}

/** White space, a line that goes on, or a comment: where it ends, or `at` when there is none. */
function endOfBlank(text: string, at: number): number {
  if (/\s/.test(text[at] ?? '')) return at + 1;
  const continued = endOfContinuation(text, at);
  if (continued > at) return continued;
  if (text.startsWith('//', at)) return endOfLine(text, at);
  if (!text.startsWith('/*', at)) return at;
  const end = text.indexOf('*/', at + 2);
  return end === -1 ? text.length : end + 2;
}

function endOfContinuation(text: string, at: number): number {
  if (text[at] !== '\\') return at;
  if (text[at + 1] === '\n') return at + 2;
  return text.startsWith('\r\n', at + 1) ? at + 3 : at;
}

/** The newline that ends a line, or the end of the text; a backslash before a newline goes on. */
function endOfLine(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const continued = endOfContinuation(text, at);
    if (continued > at) at = continued - 1;
    else if (text[at] === '\n') return at;
  }
  return text.length;
}

function tokenAt(text: string, offset: number, lineStart: boolean): Token {
  const first = text[offset] ?? '';
  const token = (kind: Token['kind'], end: number): Token => ({
    kind,
    text: text.slice(offset, Math.max(end, offset + 1)),
    offset,
  });
  if (first === '#' && lineStart) return token('directive', endOfDirective(text, offset));
  const raw = endOfRawString(text, offset);
  if (raw > offset) return token('string', raw);
  if (first === '"') return token('string', endOfQuoted(text, offset));
  if (first === "'") return token('character', endOfQuoted(text, offset));
  if (/[A-Za-z_$]/.test(first)) return token('name', endOfWord(text, offset));
  if (/[0-9]/.test(first)) return token('number', endOfNumber(text, offset));
  return token(
    'punctuation',
    offset + (longPunctuation.has(text.slice(offset, offset + 2)) ? 2 : 1),
  );
}

/** A directive ends with its line, but a comment in it may reach over more. */
function endOfDirective(text: string, from: number): number {
  for (let at = from; at < text.length; ) {
    if (text[at] === '\n') return at;
    const blank = endOfBlank(text, at);
    if (blank > at) at = blank;
    else at = /["']/.test(text[at] ?? '') ? endOfQuoted(text, at) : at + 1;
  }
  return text.length;
}

/** After the closing quote, or before the end of the line when there is none. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '\n') return at;
    else if (text[at] === text[from]) return at + 1;
  }
  return text.length;
}

const rawPrefix = /(?:u8|[uUL])?R"([^()\\\s"]{0,16})\(/y;

/** R"x(…)x" of C++; `from` when there is none. */
function endOfRawString(text: string, from: number): number {
  rawPrefix.lastIndex = from;
  const opening = rawPrefix.exec(text);
  if (opening === null) return from;
  const closing = `)${opening[1]}"`;
  const end = text.indexOf(closing, rawPrefix.lastIndex);
  return end === -1 ? text.length : end + closing.length;
}

function endOfWord(text: string, from: number): number {
  let at = from + 1;
  while (/[\w$]/.test(text[at] ?? '')) at++;
  return at;
}

/** Digits, with the letters and dots of a number, and the quotes that C++ puts between digits. */
function endOfNumber(text: string, from: number): number {
  let at = from + 1;
  while (/[\w.]/.test(text[at] ?? '') || /^'\w/.test(text.slice(at, at + 2))) at++;
  return at;
}
