// Tree: a YAML document as plain values, each with its place in the text.
// Follows aliases and merge keys itself, within bounds.
import {
  type Alias,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type ParsedNode,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { expected } from './expected.js';
import type { Finding, Path } from './finding.js';

/** A value, where it stands, and what it holds by key or index. */
export interface Tree {
  readonly value: unknown;
  /** Characters before it, or before its key when it is in a mapping. */
  readonly offset: number;
  readonly children: ReadonlyMap<string | number, Tree>;
}

/** A finding that knows its place in the text. */
export interface PlacedFinding extends Finding {
  readonly offset: number;
}

/** How deep values may nest; a configuration needs six levels. */
export const deepest = 64;

/** The refusal of a document that nests deeper. */
export function tooDeep(offset: number): DocumentRefused {
  return new DocumentRefused(offset, `expected at most ${deepest} levels, got more`);
}

/** How many values there may be once aliases are followed. */
const mostValues = 250_000;

/** The document is refused as a whole; nothing else is said about it. */
export class DocumentRefused extends Error {
  readonly offset: number;

  constructor(offset: number, message: string) {
    super(message);
    this.offset = offset;
  }
}

/** Builds a document's tree, without the repeated keys and lost aliases that it finds; throws DocumentRefused. */
export function buildTree(root: ParsedNode | null): {
  readonly tree: Tree;
  readonly findings: readonly PlacedFinding[];
} {
  const builder = new TreeBuilder();
  const tree = builder.build(root, { path: [], offset: root?.range[0] ?? 0, depth: 0 });
  return { tree, findings: builder.findings };
}

/** Finds the offset of the value at a path; what is missing stands where the mapping that misses it does. */
export function locate(tree: Tree, [step, ...rest]: Path): number {
  const child = step === undefined ? undefined : tree.children.get(step);
  return child === undefined ? tree.offset : locate(child, rest);
}

interface Place {
  readonly path: Path;
  readonly offset: number;
  /** More than the path is long where aliases were followed. */
  readonly depth: number;
}

class TreeBuilder {
  readonly findings: PlacedFinding[] = [];
  /** The latest anchor of each name before the node in hand. */
  readonly #anchors = new Map<string, ParsedNode>();
  #values = 0;

  build(node: ParsedNode | null, place: Place): Tree {
    this.#stayWithinLimits(place);
    if (isAlias(node)) return this.build(this.#follow(node, place), below(place));
    if (node?.anchor !== undefined) this.#anchors.set(node.anchor, node);
    if (isMap(node)) return this.#buildMapping(node, place);
    if (isSeq(node)) return this.#buildList(node, place);
    return { value: node?.value, offset: place.offset, children: new Map() };
  }

  #stayWithinLimits({ depth, offset }: Place): void {
    this.#values += 1;
    if (depth > deepest) throw tooDeep(offset);
    if (this.#values > mostValues) {
      throw new DocumentRefused(
        offset,
        `expected at most ${mostValues} values, got more (each use of an alias counts)`,
      );
    }
  }

  #follow({ source }: Alias.Parsed, place: Place): ParsedNode | null {
    const target = this.#anchors.get(source);
    if (target === undefined)
      this.#find(place, `expected the anchor &${source} before this alias, got none`);
    return target ?? null;
  }

  #buildList({ items }: YAMLSeq.Parsed, place: Place): Tree {
    const nodes = items.map((item) => (isPair(item) ? null : item));
    const children = nodes.map((node, index) => this.build(node, below(place, index, node)));
    const value = children.map((child) => child.value);
    return { value, offset: place.offset, children: new Map(children.entries()) };
  }

  #buildMapping({ items }: YAMLMap.Parsed, place: Place): Tree {
    const own = new Map<string, Tree>();
    const merged = new Map<string | number, Tree>();
    for (const { key, value } of items) {
      const name = isScalar(key) ? key.source : '?';
      const inside = below(place, name, key);
      if (!isScalar(key)) this.#find(inside, 'expected a word as the key, got something else');
      else if (own.has(name)) this.#find(inside, 'expected the key once, got it again');
      else if (isMergeKey(key)) this.#merge(this.build(value, inside), inside, merged);
      else own.set(name, this.build(value, inside));
    }
    const children = new Map([...merged, ...own]);
    const entries = [...children].map(([name, child]) => [name, child.value] as const);
    return { value: Object.fromEntries(entries), offset: place.offset, children };
  }

  /** Takes the keys of a mapping or of a list of mappings, of which the first wins (yaml.org/type/merge.html). */
  #merge(source: Tree, place: Place, merged: Map<string | number, Tree>): void {
    const sources = Array.isArray(source.value) ? [...source.children.values()] : [source];
    for (const { value, children } of sources) {
      // undefined is an alias without an anchor, which has been found already.
      if (!isMapping(value) && value !== undefined) {
        this.#find(place, expected('a mapping, or a list of mappings, to merge', value));
      }
      for (const [name, child] of children) {
        if (!merged.has(name)) merged.set(name, child);
      }
    }
  }

  #find({ path, offset }: Place, message: string): void {
    this.findings.push({ path, offset, message });
  }
}

/** One level down: to a step of the path, or through an alias, which is no step. */
function below(
  { path, offset, depth }: Place,
  step?: string | number,
  node?: ParsedNode | null,
): Place {
  return {
    path: step === undefined ? path : [...path, step],
    offset: node?.range[0] ?? offset,
    depth: depth + 1,
  };
}

function isMergeKey(key: ParsedNode): boolean {
  return isScalar(key) && key.type === 'PLAIN' && key.source === '<<';
}

function isMapping(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
