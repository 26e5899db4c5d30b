import type { Tensor2D, Tensor3D } from '@foretoken/engine';
import { Type } from 'typebox';
import { createTransformerBlock } from '../../model/transformer-block.ts';
import { defineTrunk } from '../../plugins/define.ts';

/** A transformer of width 8 to check heads on: large enough to mix positions, small enough for finite differences. */
export const smallTrunk = defineTrunk({
  name: 'small',
  options: Type.Object({ layers: Type.Integer({ minimum: 1 }) }),
  shape: ({ layers }) => ({
    width: 8,
    layers,
    block: { attentionHeads: 2, keyValueHeads: 1, mlpWidth: 12, rotaryBase: 10_000 },
  }),
  create({ ops, param, dims }) {
    const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, dims.width]);
    const blocks = Array.from({ length: dims.trunkLayers }, (_, i) =>
      createTransformerBlock({ ops, param }, `blocks.${i}`, {
        ...dims,
        block: i === dims.trunkLayers - 1 ? dims.lastBlock : dims.block,
      }),
    );
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward(x_BTD, at, memory, taps) {
        const states: Tensor3D[] = [x_BTD];
        for (const [i, run] of blocks.entries()) states.push(run(states[i], at, memory.kv(`blocks.${i}`)));
        return taps.map((share) => states[Math.round(share * dims.trunkLayers)]);
      },
    };
  },
});
