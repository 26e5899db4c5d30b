import { type Tensor, type Tensor2D, tf } from '@foretoken/engine';
import type { Head } from '../../contracts/head.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import { offsetTerm } from '../../contracts/term.ts';
import { forwardTrunk, type OffsetSource, runOffsets } from '../../model/forward.ts';
import { crossEntropyOf, rowsOf, teacherOf } from '../objectives.ts';
import type { Backward, BackwardRequest } from './backward.ts';
import { accumulate, type Gathered, gather } from './gathered.ts';
import { joint } from './joint.ts';
import { addFound, runSegment } from './segment.ts';
import { withStandingTrunk } from './standing-trunk.ts';

/**
 * The trunk's forward once; then forward and backward of one offset after the other, each down to a gradient at the
 * trunk's output; last the trunk's backward, from their sum, unless nothing of it trains. Beside the trunk's activations
 * it holds those of a single offset, however many there are.
 *
 * A head whose offsets hand a carry on or share a memory, or that brings objectives of its own, cannot be taken apart:
 * it is one segment, and so {@link joint}.
 * @source Gloeckle et al. 2024, arXiv:2404.19737, sec. 2, "Memory-efficient implementation"
 */
export const sequential: Backward = (model, request) => {
  // A single offset is one segment too, unless its gradient at the trunk is to be seen.
  if (!isSeparable(model.head) || (request.offsets.length === 1 && !request.norms)) return joint(model, request);
  return gather(model, request, (into) => {
    withStandingTrunk(model, request, (standing) => {
      const { trunk, source } = standing ? { source: standing.source } : recordTrunk(model, request);
      const flows = new Map<Tensor, Tensor>();
      const taught: Taught = {};
      try {
        for (const offset of request.offsets.filter((one) => isRun(request, one))) {
          addFlows(flows, oneOffset(model, request, { offset, source, taught, isTrunkWanted: !standing }, into));
        }
        const seeds = [...flows].map(([at, gradient]) => ({ at, gradient }));
        if (trunk) addFound(into, into.weights, trunk.backward(seeds, into.weights));
      } finally {
        for (const flow of flows.values()) flow.dispose();
        taught.hidden_NE?.dispose();
        trunk?.dispose();
      }
    });
  });
};

/** Offset 1's hidden states, kept from its turn to those of the offsets that it teaches. */
interface Taught {
  hidden_NE?: Tensor2D;
}

/** One offset's part of a step. */
interface OffsetTurn {
  readonly offset: number;
  readonly source: OffsetSource;
  readonly taught: Taught;
  /** Whether the trunk waits for its gradient. */
  readonly isTrunkWanted: boolean;
}

/** Whether each offset's loss follows from the trunk's states alone, whatever other offsets there are. */
export function isSeparable({ reads, objectives, memory }: Head): boolean {
  return reads?.carry === undefined && objectives === undefined && memory !== 'unrolled';
}

/** An offset that weighs 0 sits out, and need not run unless it teaches the others. */
function isRun({ weight, distil }: BackwardRequest, offset: number): boolean {
  return weight(offsetTerm(offset)) > 0 || (offset === 1 && distil !== undefined);
}

function recordTrunk(model: LanguageModel, { batch }: BackwardRequest) {
  const kept: { source?: OffsetSource } = {};
  const trunk = model.engine.record(() => {
    kept.source = forwardTrunk(model, batch.input).source;
    return kept.source.trunk;
  });
  return { trunk, source: kept.source as OffsetSource };
}

/** @returns gradients at the trunk's states, by state */
function oneOffset(
  model: LanguageModel,
  request: BackwardRequest,
  { offset, source, taught, isTrunkWanted }: OffsetTurn,
  into: Gathered,
): ReadonlyMap<Tensor, Tensor | undefined> {
  // Two taps may be one tensor.
  const inputs = isTrunkWanted || request.norms ? [...new Set<Tensor>(source.trunk)] : [];
  const forward = () => {
    const output = runOffsets(model, [offset], source).get(offset)!;
    if (offset === 1 && request.distil) taught.hidden_NE = tf.keep(rowsOf(model, output));
    const teacher = teacherOf(model, request.distil, taught.hidden_NE, source.trunk[0].shape[1]);
    return [crossEntropyOf(model, output, request.batch.targets, offset, teacher)];
  };
  // Norms are taken at the trunk, not at the hidden state.
  const found = runSegment(model, { ...request, norms: false }, { forward, inputs }, into);
  const term = offsetTerm(offset);
  const atTrunk = found.filter((gradient) => gradient !== undefined);
  if (into.losses.has(term)) into.addNorm(term, request.weight(term), atTrunk);
  return new Map(inputs.map((input, i) => [input, found[i]]));
}

function addFlows(flows: Map<Tensor, Tensor>, more: ReadonlyMap<Tensor, Tensor | undefined>): void {
  for (const [at, gradient] of more) if (gradient) accumulate(flows, at, gradient);
}
