// B rows, T positions, D width.
import {
  createTransformerBlock,
  type HeadContext,
  type OffsetInput,
  type Tensor3D,
  Type,
} from '@foretoken/core/plugin';

/** Runs the layers of one offset. */
export type OffsetBlocks = (
  offset: number,
  hidden_BTD: Tensor3D,
  input: Pick<OffsetInput, 'at' | 'memory'>,
) => Tensor3D;

/** The option `blocks` of heads that bring transformer layers for every offset. */
export const blocksOption = () =>
  Type.Integer({ minimum: 1, default: 1, description: 'Transformer layers in a row that each offset brings.' });

/**
 * Transformer layers in a row for each offset from 1 to the horizon, with keys and values of their own.
 *
 * An offset's first layer has the same name, and so the same starting weights, however many follow it: arms of different
 * depth are paired.
 * @param blocks - layers of an offset, >= 1
 */
export function createOffsetBlocks({ ops, param, dims }: HeadContext, blocks: number): OffsetBlocks {
  const nameOf = (offset: number, layer: number) => (layer === 1 ? `blocks.${offset}` : `blocks.${offset}.${layer}`);
  const offsets = Array.from({ length: dims.horizon }, (_, i) =>
    Array.from({ length: blocks }, (_, j) => {
      const name = nameOf(i + 1, j + 1);
      return { name, run: createTransformerBlock({ ops, param }, name, dims) };
    }),
  );
  return (offset, hidden_BTD, { at, memory }) =>
    offsets[offset - 1].reduce((x_BTD, { name, run }) => run(x_BTD, at, memory.kv(name)), hidden_BTD);
}
