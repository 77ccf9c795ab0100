// JSON Schema: the configuration as editors and the reference page see it, made from the zod schema.
import z = require('zod');

import { fileSchema } from '../src/config/schema.js';

/** As much of JSON Schema as a configuration needs, and two words of our own. */
export interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  /** What a value looks like, in words. */
  readonly takes?: string;
  /** What holds where no place of the precedence says anything. */
  readonly builtIn?: unknown;
}

/** The schema with our own words. */
export function describedSchema(): JsonSchema {
  return z.toJSONSchema(fileSchema, { io: 'input', target: 'draft-7' }) as JsonSchema;
}

/** The schema in the words of JSON Schema and of YAML language servers. */
export function editorSchema(): JsonSchema {
  const schema = JSON.stringify({ title: 'warmline configuration', ...describedSchema() });
  return JSON.parse(schema, (_, value) => (isDescribed(value) ? translate(value) : value));
}

function isDescribed(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && ('takes' in value || 'builtIn' in value);
}

function translate({ takes, builtIn, ...schema }: JsonSchema): object {
  return {
    ...schema,
    ...(takes !== undefined && {
      description: [schema.description, `Takes ${takes}.`].join(' ').trim(),
      patternErrorMessage: `expected ${takes}`,
    }),
    ...(builtIn !== undefined && { default: builtIn }),
  };
}
