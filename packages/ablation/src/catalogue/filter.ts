import { ForetokenError } from '@foretoken/core';

/** Comparisons of a filter; those of size are of numbers alone. */
export const OPERATORS = ['=', '!=', '>', '>=', '<', '<='] as const;
export type Operator = (typeof OPERATORS)[number];

/** One condition on a run. A run without a value at the path never meets it. */
export interface Filter {
  /** A dotted path, with or without its part in front. */
  readonly path: string;
  readonly operator: Operator;
  readonly value: string;
}

/**
 * Reads `path=value`, `path!=value`, `path>number`, `path>=number`, `path<number` or `path<=number`.
 * @throws USAGE
 */
export function parseFilter(text: string): Filter {
  const match = /^([^=<>!]+)(!=|>=|<=|=|>|<)(.*)$/s.exec(text);
  if (!match) {
    throw usage(text, `is no condition. Write path=value or path<number, as in model.head.name=parallel`);
  }
  const [, path, operator, value] = match.map((part) => part.trim());
  if (operator !== '=' && operator !== '!=' && asNumber(value) === undefined) {
    throw usage(text, `compares sizes, and ${JSON.stringify(value)} is no number. Use = or !=, or a number`);
  }
  return { path, operator: operator as Operator, value };
}

/** The finite number that a text is, if it is one. */
export function asNumber(text: string): number | undefined {
  const value = Number(text);
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined;
}

const usage = (text: string, why: string): ForetokenError =>
  new ForetokenError('USAGE', `--where ${JSON.stringify(text)} ${why}.`);
