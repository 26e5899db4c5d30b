import type { Json } from '../../contracts/json.ts';
import type { JsonObject } from '../../files/json-file.ts';
import type { Scalar } from './event.ts';

/** Values of a line that are no curves of their own. */
const NO_CURVES: ReadonlySet<string> = new Set(['formatVersion', 'step']);

/**
 * The curves that a line of `metrics.jsonl` has a point of: `loss`, `losses/offset-1`, `validation/offset-1`, ... What was
 * not finite, and is null in the line, is NaN: TensorBoard marks it.
 *
 * @param offsets - those that validation scored, in its order
 */
export function scalarsOf(row: JsonObject, offsets: readonly number[]): Scalar[] {
  const terms = listOf(row.terms).map(String);
  return Object.entries(row).flatMap(([name, value]): Scalar[] => {
    if (name === 'validation')
      return named(
        'validation',
        offsets.map((offset) => `offset-${offset}`),
        lossesOf(value),
      );
    if (Array.isArray(value)) return name === 'terms' ? [] : named(name, terms, value);
    if (NO_CURVES.has(name) || (typeof value !== 'number' && value !== null)) return [];
    return [{ tag: name, value: value ?? Number.NaN }];
  });
}

const named = (group: string, names: readonly string[], values: readonly Json[]): Scalar[] =>
  values.flatMap((value, i) =>
    names[i] === undefined || (typeof value !== 'number' && value !== null)
      ? []
      : [{ tag: `${group}/${names[i]}`, value: value ?? Number.NaN }],
  );

const listOf = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

const lossesOf = (value: Json): readonly Json[] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? listOf((value as JsonObject).losses) : [];
