// Branches: what of a file counts on Linux, before its meaning is looked at. All branches of a condition count, since
// which one is built is not known; those for other systems and `#if 0` do not. Macros are set aside.
import { lexDefinition, type Token } from './lexer.js';

export interface Macro {
  readonly name: string;
  /** null: it takes no arguments. */
  readonly parameters: readonly string[] | null;
  readonly body: readonly Token[];
}

export interface Preprocessed {
  readonly tokens: readonly Token[];
  readonly macros: readonly Macro[];
}

/** One `#if` that is open: its branches so far, and whether the one being read counts. */
interface Condition {
  readonly branches: Token[][];
  live: boolean;
  /** A branch that always counts has been: those after it never do. */
  decided: boolean;
}

/** Conditions within each other. It bounds the work, which is done once more for each; within more of them all counts. */
const deepest = 64;

/** Takes the directives out of a file's tokens. Braces stay balanced as long as the first branches balance. */
export function preprocess(tokens: readonly Token[]): Preprocessed {
  const macros: Macro[] = [];
  const whole: Token[] = [];
  const open: Condition[] = [];
  let deeper = 0;
  for (const token of tokens) {
    if (token.kind !== 'directive') {
      if (isLive(open)) (open.at(-1)?.branches.at(-1) ?? whole).push(token);
      continue;
    }
    const [, word = '', rest = ''] = /^#\s*(\w*)([\s\S]*)$/.exec(token.text) ?? [];
    if (word === 'define' && isLive(open)) macros.push(...defined(token));
    else if (/^if/.test(word) && open.length === deepest) deeper += 1;
    else if (word === 'endif' && deeper > 0) deeper -= 1;
    else if (deeper > 0) continue;
    else if (word === 'endif') close(open, whole);
    else turn(open, word, rest);
  }
  while (open.length > 0) close(open, whole);
  return { tokens: whole, macros };
}

function isLive(open: readonly Condition[]): boolean {
  return open.every(({ live }) => live);
}

/** Opens a condition, or turns to its next branch. */
function turn(open: Condition[], word: string, rest: string): void {
  if (/^if/.test(word)) {
    const truth = truthOf(word, rest);
    open.push({ branches: [[]], live: truth !== false, decided: truth === true });
  }
  const last = open.at(-1);
  if (last === undefined || !/^el/.test(word)) return;
  const truth = word === 'else' ? undefined : truthOf(word, rest);
  last.live = !last.decided && truth !== false;
  last.decided ||= truth === true;
  last.branches.push([]);
}

function close(open: Condition[], whole: Token[]): void {
  const [first = [], ...others] = open.pop()?.branches.filter(({ length }) => length > 0) ?? [];
  const around = open.at(-1)?.branches.at(-1) ?? whole;
  for (const token of first) around.push(token);
  for (const token of others.flatMap(balanced)) around.push(token);
}

/** Names that are defined on other systems only. */
const elsewhere =
  /WIN32|WIN64|WINDOWS|WINSOCK|_MSC_VER|MINGW|CYGWIN|__APPLE__|__sun|BSD__|_AIX|__hpux|VMS|HAIKU/;

/** Longer ones are not understood anyway. */
const longestCondition = 1000;

/** Whether a condition holds on Linux, where that is plain; else undefined. */
function truthOf(word: string, rest: string): boolean | undefined {
  if (rest.length > longestCondition) return undefined;
  const condition = rest.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').replace(/\s+/g, '');
  if (/^[01]$/.test(condition)) return condition === '1';
  const names = condition.split('||').map((part) => {
    const [, not, name = ''] = /^(!?)(?:defined\b)?\(?(\w+)\)?$/.exec(part) ?? [];
    return elsewhere.test(name) ? not : undefined;
  });
  if (names.includes(undefined) || (names.length > 1 && names.includes('!'))) return undefined;
  return (names[0] === '!') !== (word === 'ifndef' || word === 'elifndef');
}

/** Without the brackets that have no partner among these: another branch brings the same ones. */
function balanced(tokens: readonly Token[]): Token[] {
  const partners = pairs(tokens);
  return tokens.filter(({ text }, index) => !/^[(){}[\]]$/.test(text) || partners.has(index));
}

const knownPairs = new WeakMap<readonly Token[], ReadonlyMap<number, number>>();

/** Each bracket that has a partner, by its index, with the partner's index. */
export function pairs(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const partners = knownPairs.get(tokens) ?? findPairs(tokens);
  knownPairs.set(tokens, partners);
  return partners;
}

function findPairs(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const partners = new Map<number, number>();
  const open: number[] = [];
  for (const [index, { kind, text }] of tokens.entries()) {
    if (kind !== 'punctuation') continue;
    if (/^[({[]$/.test(text)) open.push(index);
    else if (/^[)}\]]$/.test(text)) pairUp(tokens, index, open, partners);
  }
  return partners;
}

const openings: Readonly<Record<string, string>> = { ')': '(', '}': '{', ']': '[' };

/** Joins a closing bracket to the nearest of its kind; a brace closes what was left open within it. */
function pairUp(
  tokens: readonly Token[],
  index: number,
  open: number[],
  partners: Map<number, number>,
): void {
  const closing = tokens[index]?.text ?? '';
  while (closing === '}' && open.length > 0 && tokens[open.at(-1) ?? 0]?.text !== '{') open.pop();
  const start = open.at(-1);
  if (start === undefined || tokens[start]?.text !== openings[closing]) return;
  open.pop();
  partners.set(start, index).set(index, start);
}

function defined({ text, offset }: Token): Macro[] {
  const [head = '', name, list] = /^#\s*define\s+(\w+)(\([^()]*\))?/.exec(text) ?? [];
  if (name === undefined) return [];
  const parameters = list === undefined ? null : (list.match(/\w+/g) ?? []);
  return [{ name, parameters, body: lexDefinition(text.slice(head.length), offset + head.length) }];
}
