import { InvalidArgumentError } from 'commander';

/** Parses an option that is a whole number; commander turns the refusal into one clear line. */
export const wholeNumber =
  ({ minimum }: { readonly minimum: number }) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < minimum) {
      throw new InvalidArgumentError(`It must be a whole number of at least ${minimum}.`);
    }
    return value;
  };

/** Limits of a number that need not be whole. */
export interface NumberLimits {
  readonly minimum?: number;
  readonly maximum?: number;
  /** The number itself is excluded. */
  readonly above?: number;
}

/** Parses an option that is a finite number. */
export const decimalNumber =
  ({ minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY, above }: NumberLimits = {}) =>
  (text: string): number => {
    const value = Number(text);
    const isInside = value >= minimum && value <= maximum && (above === undefined || value > above);
    if (text.trim() !== '' && Number.isFinite(value) && isInside) return value;
    const limits = [
      ...(above === undefined ? [] : [`above ${above}`]),
      ...(Number.isFinite(minimum) ? [`of at least ${minimum}`] : []),
      ...(Number.isFinite(maximum) ? [`of at most ${maximum}`] : []),
    ];
    throw new InvalidArgumentError(`It must be a number ${limits.join(' and ')}`.trimEnd().concat('.'));
  };

/** The same, several of them with commas between: `1,8,32`. */
export const wholeNumbers =
  (limits: { readonly minimum: number }) =>
  (text: string): number[] =>
    text.split(',').map(wholeNumber(limits));

/** Parses names with commas between: `greedy,speculative`. */
export function names(text: string): string[] {
  const found = text.split(',').map((name) => name.trim());
  if (found.some((name) => name === '')) throw new InvalidArgumentError('It must be names with commas between.');
  return found;
}
