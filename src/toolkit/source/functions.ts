// Functions: the function bodies of a file, with the names of their parameters. What stands in a namespace or a class is
// looked into; initialisers of variables are not, those of a constructor are assignments of its body. A function-like macro
// is a function whose body is what it gives.
import { type Macro, pairs, preprocess } from './branches.js';
import { lex, type Token } from './lexer.js';

/** A body in which calls are looked for. */
export interface FunctionBody {
  /** The last part of it: `accept` of `Server::accept`. Empty when it has none that is understood. */
  readonly name: string;
  /** An empty name where a parameter has none. */
  readonly parameters: readonly string[];
  readonly body: readonly Token[];
  /** The tokens between the parentheses of its head. */
  readonly head: readonly Token[];
  readonly isStatic: boolean;
  readonly file: SourceFile;
}

export interface SourceFile {
  /** Relative to the folder that is looked at. */
  readonly path: string;
  readonly text: string;
  readonly functions: readonly FunctionBody[];
  /** Macros without parameters, by their names. */
  readonly constants: ReadonlyMap<string, readonly Token[]>;
  /** What stands outside of functions: declarations and initialisers. */
  readonly outside: readonly Token[];
}

/** Whether only its own file can call a function. What is static in a header belongs to all who include it. */
export function isPrivate({ isStatic, file }: FunctionBody): boolean {
  return isStatic && !/\.h\w*$/i.test(file.path);
}

/** Reads a file. Never throws, whatever the text. */
export function parseFile(path: string, text: string): SourceFile {
  const { tokens, macros } = preprocess(lex(text));
  const functions: FunctionBody[] = [];
  const constants = new Map<string, readonly Token[]>();
  const outside: Token[] = [];
  const file = { path, text, functions, constants, outside };
  for (const { name, parameters, body } of macros) if (!parameters) constants.set(name, body);
  for (const macro of macros) if (macro.parameters) functions.push(ofMacro(macro, file));
  collect(tokens, file);
  return file;
}

interface Collected extends SourceFile {
  readonly functions: FunctionBody[];
  readonly outside: Token[];
}

const made = (kind: Token['kind'], text: string, offset: number): Token => ({ kind, text, offset });

function ofMacro({ name, parameters, body }: Macro, file: SourceFile): FunctionBody {
  const offset = body[0]?.offset ?? 0;
  const gives = [made('name', 'return', offset), ...body, made('punctuation', ';', offset)];
  const rest = { head: [], isStatic: false, file };
  return { name, parameters: parameters ?? [], body: gives, ...rest };
}

/** Walks over the outermost level of a file. */
function collect(tokens: readonly Token[], file: Collected): void {
  const partners = pairs(tokens);
  /** Where the declaration that is being read starts, and where the last that may be the head of a K&R function. */
  let [start, group] = [0, 0];
  for (let at = 0; at < tokens.length; at++) {
    const text = tokens[at]?.text ?? '';
    const end = partners.get(at) ?? at;
    if (text === '}') start = group = at + 1;
    if (text === ';') {
      keep(tokens, start, at + 1, file);
      start = at + 1;
    }
    if (!/^[({]$/.test(text) || end <= at) continue;
    const isEntered =
      text === '{' && !takeBraces({ tokens, partners, start, group, at, end }, file);
    if (!isEntered) at = end;
    if (isEntered || (text === '{' && !goesOn(tokens[end + 1]))) start = group = at + 1;
  }
  keep(tokens, start, tokens.length, file);
}

interface Braces {
  readonly tokens: readonly Token[];
  readonly partners: ReadonlyMap<number, number>;
  readonly start: number;
  readonly group: number;
  readonly at: number;
  readonly end: number;
}

/** Takes what is between braces as a function or as data; false for a namespace or a class, which has both in it. */
function takeBraces({ tokens, partners, start, group, at, end }: Braces, file: Collected): boolean {
  const found = findHead(tokens, partners, start, at) ?? findOldHead(tokens, partners, group, at);
  if (found === undefined) {
    if (isScope(tokens.slice(start, at))) return false;
    keep(tokens, start, end + 1, file);
    return true;
  }
  const { end: headEnd, ...head } = found;
  const colon = findColon(tokens, partners, headEnd, at);
  // Of an initialiser: it comes again with the body.
  if (colon !== at && goesOn(tokens[end + 1])) return true;
  const own = initialisersIn(tokens, partners, colon, at);
  file.functions.push({ ...head, body: [...own, ...tokens.slice(at + 1, end)], file });
  return true;
}

/** The braces of a constructor's initialisers come before those of its body. */
function goesOn(next: Token | undefined): boolean {
  return /^[,{]$/.test(next?.text ?? '');
}

/** Where the initialisers of a constructor start; `to` where it has none. */
function findColon(
  tokens: readonly Token[],
  partners: ReadonlyMap<number, number>,
  from: number,
  to: number,
): number {
  for (let at = from + 1; at < to; at++) {
    if (tokens[at]?.text === ':') return at;
    at = Math.max(at, partners.get(at) ?? at);
  }
  return to;
}

/** `: fd(a), b{c} {` as `fd = a; b = c;`. */
function initialisersIn(
  tokens: readonly Token[],
  partners: ReadonlyMap<number, number>,
  from: number,
  to: number,
): Token[] {
  const assignments: Token[] = [];
  for (let at = from + 1; at < to; at++) {
    const end = partners.get(at) ?? at;
    const name = tokens[at - 1];
    if (end <= at) continue;
    if (name?.kind === 'name' && end > at + 1) {
      const equals = made('punctuation', '=', name.offset);
      assignments.push(name, equals, ...tokens.slice(at + 1, end));
      assignments.push(made('punctuation', ';', tokens[end]?.offset ?? 0));
    }
    at = end;
  }
  return assignments;
}

/** One by one: a table may have more tokens than a call can have arguments. */
function keep(tokens: readonly Token[], from: number, to: number, { outside }: Collected): void {
  for (const token of tokens.slice(from, to)) outside.push(token);
}

interface Head extends Pick<FunctionBody, 'name' | 'parameters' | 'head' | 'isStatic'> {
  /** The parenthesis that closes it. */
  readonly end: number;
}

const notFunctions: ReadonlySet<string> = new Set(
  '__attribute__ __declspec alignas decltype noexcept if while for switch return sizeof'.split(' '),
);

/** The `name (parameters)` between two places, unless it is part of an initialiser. */
function findHead(
  tokens: readonly Token[],
  partners: ReadonlyMap<number, number>,
  from: number,
  to: number,
): Head | undefined {
  for (let at = from; at < to; at++) {
    const { kind, text } = tokens[at] as Token;
    if (text === '=') return undefined;
    const end = partners.get(at + 1) ?? 0;
    if (kind === 'name' && !notFunctions.has(text) && tokens[at + 1]?.text === '(' && end > at) {
      const head = tokens.slice(at + 2, end);
      const isStatic = tokens.slice(from, at).some((token) => token.text === 'static');
      const parameters = splitArguments(head).map(parameterName);
      return { name: text, parameters, head, isStatic, end };
    }
    if ((partners.get(at) ?? 0) > at) at = partners.get(at) ?? at;
  }
  return undefined;
}

/** K&R: `int f(a, b) int a; char *b; {`. */
function findOldHead(
  tokens: readonly Token[],
  partners: ReadonlyMap<number, number>,
  from: number,
  to: number,
): Head | undefined {
  if (tokens[to - 1]?.text !== ';') return undefined;
  for (let at = to - 1; at > from; at--) {
    const start = partners.get(at) ?? at;
    if (tokens[at]?.text === ')' && tokens[at + 1]?.kind === 'name')
      return findHead(tokens, partners, Math.max(from, start - 1), to);
    if (start < at) at = start;
  }
  return undefined;
}

function isScope(head: readonly Token[]): boolean {
  if (head.some(({ text }) => text === '=' || text === 'enum')) return false;
  return head.some(({ text }) => /^(namespace|class|struct|union|extern)$/.test(text));
}

/** The arguments between two parentheses. */
export function splitArguments(tokens: readonly Token[]): Token[][] {
  if (tokens.length === 0) return [];
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (/^[({[]$/.test(token.text)) depth++;
    if (/^[)}\]]$/.test(token.text)) depth--;
    if (token.text === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

/** The last name of a parameter's declaration, before its array's brackets or its default. */
function parameterName(declaration: readonly Token[]): string {
  const end = declaration.findIndex(({ text }) => text === '[' || text === '=');
  const names = declaration
    .slice(0, end === -1 ? undefined : end)
    .filter(({ kind }) => kind === 'name');
  return names.at(-1)?.text ?? '';
}
