// B rows, T nodes a row, D width.
import type { Ops, Readout, Tensor3D } from '@foretoken/engine';
import { ForetokenError } from '@foretoken/engine/errors';
import type { Experiment } from '../config/experiment.ts';
import type { Head } from '../contracts/head.ts';
import type { Memory } from '../contracts/memory.ts';
import type { Dims, ParamFactory } from '../contracts/parameters.ts';
import type { Trunk } from '../contracts/trunk.ts';
import type { Definition } from '../plugins/define.ts';
import { asOffsetOutput, headTaps } from './forward.ts';

/**
 * Name of a base head's place below `trunk/`, for its weights and its memory: `head` for that of a run that was not
 * attached to any itself, `head.2` and so on above it.
 * @param model - the base run's
 */
export function baseHeadPlace({ base }: Pick<Experiment['model'], 'base'>): string {
  const depthOf = (below: typeof base): number => (below ? 1 + depthOf(below.model.base) : 1);
  const depth = depthOf(base);
  return depth === 1 ? 'head' : `head.${depth}`;
}

/** The head of a base run, and what it was made on. */
export interface BaseHead {
  readonly definition: Definition<'head'>;
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Sizes of the base run's model. */
  readonly dims: Dims;
  /** From {@link baseHeadPlace}. */
  readonly place: string;
}

interface Context {
  readonly ops: Ops;
  readonly param: ParamFactory;
  /** Offset 1's, which stays that of the base run. */
  readonly readout: Readout;
  /** Blocks of the trunk that comes out. */
  readonly trunkLayers: number;
}

/**
 * A trunk that ends in the first offset of a base run's head, so that its output is what that run's readout was trained
 * to read. Whoever gets it, session, trainer or another head, sees a trunk like any other.
 *
 * The head is made for a horizon of 1: weights of its further offsets are not asked for. A tap is a share of the depth
 * of both together: 1 is the head's output, and below that the trunk's own states pass through.
 *
 * @throws CONFIG_CONFLICT if offset 1 of the head cannot stand by itself
 */
export function attachedTrunk(trunk: Trunk, base: BaseHead, context: Context): Trunk {
  const { ops, param, readout, trunkLayers } = context;
  const embed: Trunk['embed'] = (tokens_BT) => trunk.embed(tokens_BT);
  const dims = { ...base.dims, horizon: 1 };
  const head = base.definition.create({ ops, param, dims, embed, readout }, base.options);
  refuseInseparable(head, base, readout);
  const ownTaps = headTaps(head);
  const isOutput = (tap: number) => tap >= 1;
  return {
    embed,
    forward(x_BTD, at, memory, taps) {
      const below = taps.filter((tap) => !isOutput(tap));
      const shares = below.map((tap) => Math.min(1, (tap * trunkLayers) / base.dims.trunkLayers));
      const states = trunk.forward(x_BTD, at, memory, [...ownTaps, ...shares]);
      const own = states.slice(0, ownTaps.length) as [Tensor3D, ...Tensor3D[]];
      const offset = head.forward(1, { trunk: own, ahead: [], at, memory: within(memory, base.place) });
      const output_BTD = asOffsetOutput(offset).hidden_BTE;
      const passed = states.slice(ownTaps.length).values();
      return taps.map((tap) => (isOutput(tap) ? output_BTD : (passed.next().value as Tensor3D)));
    },
  };
}

/** A head's memory as a part of the trunk's: both may call a slot the same. */
function within(memory: Memory, place: string): Memory {
  return {
    kv: (slot) => memory.kv(`${place}/${slot}`),
    scan: (slot, start_X, step) => memory.scan(`${place}/${slot}`, start_X, step),
  };
}

function refuseInseparable(head: Head, { name, dims }: BaseHead, readout: Readout): void {
  const refuse = (reason: string): never => {
    const next = 'Attach to a run with another head, such as one of horizon 1.';
    throw new ForetokenError('CONFIG_CONFLICT', `model.base: head "${name}" of the base run ${reason}. ${next}`);
  };
  if (head.reads?.carry === 'further' && dims.horizon > 1) {
    refuse(`makes offset 1 from the ${dims.horizon - 1} further offsets, so that it cannot be taken by itself`);
  }
  const own = head.readout?.(1);
  const parts = ['gain_E', 'weight_EV', 'bias_V', 'tokens_V'] as const;
  if (own && parts.some((part) => own[part] !== readout[part])) {
    refuse('brings a readout of its own for offset 1, which the trunk cannot hold');
  }
}
