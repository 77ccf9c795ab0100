// Parse: YAML text → a tree of plain values, or where the text is no YAML. Bounded: no text makes it crash.
import {
  Composer,
  type CST,
  type Document,
  Lexer,
  LineCounter,
  Parser,
  type YAMLError,
} from 'yaml';
import {
  buildTree,
  DocumentRefused,
  deepest,
  type PlacedFinding,
  type Tree,
  tooDeep,
} from './tree.js';

export interface ParsedText extends Reading {
  /** Finds an offset's line and column, which start at 1. */
  readonly positionOf: (offset: number) => Position;
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

interface Reading {
  /** undefined: the text is no YAML, and the findings say why. */
  readonly tree?: Tree;
  readonly findings: readonly PlacedFinding[];
}

/** Parses a text that holds one YAML 1.2 document. */
export function parseYaml(text: string): ParsedText {
  const lines = new LineCounter();
  const positionOf = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { line, column: col };
  };
  return { ...read(text, lines), positionOf };
}

function read(text: string, lines: LineCounter): Reading {
  try {
    const { contents, errors, warnings } = compose(text, lines);
    const mistakes = firstOfEachLine([...errors, ...warnings], lines);
    if (mistakes.length === 0) return buildTree(contents);
    return { findings: mistakes.map((mistake) => explain(mistake, text)) };
  } catch (error) {
    if (!(error instanceof DocumentRefused)) throw error;
    return { findings: [{ path: [], offset: error.offset, message: error.message }] };
  }
}

/** What yaml's own parseDocument does, but stops at a depth that its recursive composer can bear. */
function compose(text: string, lines: LineCounter): Document.Parsed {
  const composer = new Composer({ version: '1.2', uniqueKeys: false });
  const [document, second] = composer.compose(tokens(text, lines), true, text.length);
  if (second !== undefined)
    throw new DocumentRefused(second.range[0], 'expected one document, got a second');
  if (document === undefined) throw new Error('the composer always makes a document');
  return document;
}

/** Ends early in a text that is no YAML anyhow. */
function* tokens(text: string, lines: LineCounter): Generator<CST.Token, void> {
  let mistakes = 0;
  lines.addNewLine(0);
  const parser = new Parser(lines.addNewLine);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      yield token;
      if (token.type === 'error') mistakes += 1;
    }
    if (mistakes > mostMistakes) break;
    if (parser.stack.length > deepest) throw tooDeep(parser.offset);
  }
  yield* parser.end();
}

/** More than this from the parser alone is no slip of a hand. */
const mostMistakes = 1000;

/** One mistake often makes a whole line unreadable in several ways. */
function firstOfEachLine(mistakes: readonly YAMLError[], lines: LineCounter): readonly YAMLError[] {
  const byLine = new Map<number, YAMLError>();
  for (const mistake of mistakes) {
    const { line } = lines.linePos(mistake.pos[0]);
    if (!byLine.has(line)) byLine.set(line, mistake);
  }
  return [...byLine.values()];
}

function explain({ pos: [offset], message }: YAMLError, text: string): PlacedFinding {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  const line = text.slice(start, end === -1 ? undefined : end);
  const mend = bareIPv6.test(line) ? 'an IPv6 address needs quotes: "[::1]:7070"' : message;
  return { path: [], offset, message: `expected YAML, got a syntax error (${mend})` };
}

/** `[` opens a list in YAML. */
const bareIPv6 = /(^|[\s,[{])\[[0-9A-Fa-f:.]+\]:[0-9]/;
