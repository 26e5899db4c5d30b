import type { Tensor } from '@foretoken/engine';
import { firstNotFinite, placeIn } from '../../checkpoints/finite-content.ts';
import { groupOf } from '../parameter-groups.ts';

/** A tensor that a step is going to change, by what it is called in a diagnosis. */
export type Named = readonly [name: string, tensor: Tensor];

/** What the batches of a step gave, and what the update would start from. */
export interface Evidence {
  readonly losses: ReadonlyMap<string, number>;
  /** The weighted sum. */
  readonly loss: number;
  /** By term, where the weighting goes by them. */
  readonly norms?: ReadonlyMap<string, number>;
  /** By parameter, in the order in which those were made. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly gradientNorm: number;
  /** Index of the first accumulated batch with a loss that is not finite, and how many there were. */
  readonly badBatch?: number;
  readonly numBatches: number;
}

/** Whether losses, norms and gradients of a step are finite. */
export function isFiniteStep({ loss, gradientNorm, norms }: Evidence): boolean {
  return [loss, gradientNorm, ...(norms?.values() ?? [])].every(Number.isFinite);
}

/** What of a step was not finite. */
export interface Findings {
  /** In the order in which it came about; at least one. */
  readonly what: readonly string[];
  /** Whether weights or moments were not finite before the step, which no step leaves them. */
  readonly isOfBefore: boolean;
  /** How far weights had grown, where they are all finite: what is behind a learning rate that is too high. */
  readonly largestWeight?: string;
}

/**
 * What of a step was not finite, in the order in which it comes about: weights that it started from, losses, gradients.
 * It reads every tensor, so it is for bad steps.
 */
export function findings(evidence: Evidence, weights: readonly Named[]): Findings {
  const before = firstBad(weights);
  const found = [before, badLosses(evidence), badGradients(evidence)].filter((what) => what !== undefined);
  return {
    what: found.length > 0 ? found : badSums(evidence),
    isOfBefore: before !== undefined,
    ...(before === undefined && { largestWeight: tellLargest(weights) }),
  };
}

/** Finite parts may add up to what is not. */
function badSums(evidence: Evidence): readonly string[] {
  const { loss, gradientNorm, norms = new Map<string, number>() } = evidence;
  const sums = [['the weighted loss', loss], ['the gradient norm', gradientNorm], ...termNorms(norms)] as const;
  return sums.flatMap(([name, value]) =>
    Number.isFinite(value) ? [] : [`${name} was ${value} although all that goes into it is finite: it left its range`],
  );
}

function termNorms(norms: ReadonlyMap<string, number>): [string, number][] {
  return [...norms].map(([term, norm]) => [`the gradient norm of ${term}`, norm]);
}

/** @returns the first tensor, value and place that is not finite */
export function firstBad(tensors: readonly Named[]): string | undefined {
  for (const [name, tensor] of tensors) {
    const bad = badValue(tensor);
    if (bad !== undefined) return `${name} was ${bad} before the step`;
  }
  return undefined;
}

/** @returns the first value of a tensor that is not finite, and its place */
function badValue(tensor: Tensor): string | undefined {
  const values = tensor.dataSync();
  const at = firstNotFinite(values);
  return at < 0 ? undefined : `${values[at]} at ${placeIn(tensor.shape, at)}`;
}

function badLosses({ losses, badBatch, numBatches }: Evidence): string | undefined {
  const bad = [...losses].filter(([, loss]) => !Number.isFinite(loss)).map(([term, loss]) => `${term} (${loss})`);
  if (bad.length === 0) return undefined;
  const where = numBatches > 1 && badBatch !== undefined ? `, first in batch ${badBatch + 1} of ${numBatches}` : '';
  return `not finite was the loss of ${bad.join(', ')}${where}`;
}

/** Owners in the order in which a forward pass meets them; the backward pass comes from the other end. */
const FORWARD = ['trunk', 'head', 'readout'];

function badGradients({ gradients }: Evidence): string | undefined {
  const bad = [...gradients].flatMap(([name, gradient]) => {
    const value = badValue(gradient);
    return value === undefined ? [] : [{ name, value }];
  });
  if (bad.length === 0) return undefined;
  const owner = ({ name }: { readonly name: string }) => FORWARD.indexOf(groupOf(name));
  const { name, value } = bad.sort((a, b) => owner(a) - owner(b)).at(-1)!;
  return `not finite were the gradients of ${bad.length} of ${gradients.size} parameters, first that of "${name}" (${value})`;
}

/** @returns the largest size of a value, and whose it is */
export function largestOf(tensors: readonly Named[]): { readonly name: string; readonly value: number } {
  let largest = { name: 'none', value: 0 };
  for (const [name, tensor] of tensors) {
    for (const value of tensor.dataSync())
      if (Math.abs(value) > largest.value) largest = { name, value: Math.abs(value) };
  }
  return largest;
}

/** The same as words. */
export function tellLargest(weights: readonly Named[]): string {
  const { name, value } = largestOf(weights);
  return `${rounded(value)}, in ${name.replace(/^weight /, '')}`;
}

/** @returns four digits of a number, as a diagnosis shows it */
export function rounded(value: number): string {
  const size = Math.abs(value);
  return size >= 1e6 || (size > 0 && size < 1e-4) ? value.toExponential(3) : String(Number(value.toPrecision(4)));
}
