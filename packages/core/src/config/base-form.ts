import { MATCHES } from './schema.ts';

/** Runs attached to one another; more are a slip, or a file made to be read for ever. */
const DEEPEST = 16;

/**
 * What is wrong with the part of a saved experiment that an attached head builds on, whoever wrote it.
 * @param model - `model` of the saved experiment
 * @param tokenizer - its `data.tokenizer`
 * @returns a clause such as "model.head must be a plugin with a horizon"; undefined if all is as it is saved
 */
export function malformedBase(model: unknown, tokenizer: unknown, depth = 1): string | undefined {
  if (!isPlugin(tokenizer)) return 'data.tokenizer must be a plugin';
  if (!isObject(model)) return 'model must be a mapping';
  const { trunk, head, readout, match, maxOffset, base } = model;
  if (!isPlugin(trunk)) return 'model.trunk must be a plugin';
  if (!isPlugin(head) || !isCount(head.horizon)) return 'model.head must be a plugin with a horizon';
  if (readout !== 'shared' && readout !== 'replicated') return 'model.readout must be shared or replicated';
  if (!MATCHES.some((name) => name === match)) return `model.match must be one of ${MATCHES.join(', ')}`;
  if (!isCount(maxOffset)) return 'model.maxOffset must be an integer >= 1';
  return base === undefined ? undefined : malformedNested(base, depth);
}

function malformedNested(base: unknown, depth: number): string | undefined {
  if (depth >= DEEPEST) return `model.base is nested more than ${DEEPEST} deep`;
  if (!isObject(base) || typeof base.run !== 'string' || typeof base.sha256 !== 'string') {
    return 'model.base must hold a run and its sha256';
  }
  const inside = malformedBase(base.model, base.tokenizer, depth + 1);
  return inside && `model.base: ${inside}`;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isPlugin = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && typeof value.name === 'string' && value.name !== '';

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 1;
