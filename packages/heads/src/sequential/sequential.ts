// D width, F = 2 D features of a merge.
import {
  createTransformerBlock,
  defineHead,
  type HeadContext,
  type KeyValues,
  type Nodes,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  Type,
} from '@foretoken/core/plugin';

/**
 * DeepSeek-V3's modules in a row: each merges the hidden state of the offset before it with the token that stands there
 * (the true one in training, the drafted one in decoding) and runs one transformer layer. Offset 1 is the trunk's output.
 *
 * With `repeat` one module serves every further offset, and drafts as far as asked.
 * @source DeepSeek-AI 2024, arXiv:2412.19437, sec. 2.2; `repeat`: Cai et al. 2025 (FastMTP), arXiv:2509.18362, sec. 3
 */
export default defineHead({
  name: 'sequential',
  description: 'Modules in a row, each reading the hidden state and the token before it (DeepSeek-V3, FastMTP).',
  options: Type.Object({
    repeat: Type.Boolean({ default: false, description: 'One module’s weights serve every offset from 2 on.' }),
  }),
  blocksPerOffset: ({ repeat }, offset?: number) => Number(repeat ? offset === 2 : offset !== 1),
  create(context, { repeat }) {
    const { horizon } = context.dims;
    const numModules = repeat ? Math.min(horizon - 1, 1) : horizon - 1;
    const modules = Array.from({ length: numModules }, (_, i) =>
      createModule(context, repeat ? 'module' : `modules.${i + 2}`),
    );
    return {
      memory: numModules > 0 ? 'per-offset' : 'none',
      extends: repeat && numModules > 0,
      reads: { carry: 'nearer', ahead: true },
      forward(offset, { trunk: [hidden_BTD], carry_BTC, ahead, at, memory }) {
        if (offset === 1) return hidden_BTD;
        const run = modules[repeat ? 0 : offset - 2];
        return run(carry_BTC!, ahead[offset - 2], at, memory.kv(`modules.${offset}`));
      },
    };
  },
});

/** From the hidden state of the offset before and the token at its place to the hidden state of the next offset. */
type Module = (carry_BTD: Tensor3D, token_BT: Tensor2D, at: Nodes, kv: KeyValues) => Tensor3D;

function createModule({ ops, param, dims, embed }: HeadContext, name: string): Module {
  const { width } = dims;
  const carryGain_D = param<Tensor1D>(`${name}.carry-norm`, [width], { kind: 'ones' });
  const tokenGain_D = param<Tensor1D>(`${name}.token-norm`, [width], { kind: 'ones' });
  const merge_FD = param<Tensor2D>(`${name}.merge`, [2 * width, width], {
    kind: 'normal',
    standardDeviation: 1 / Math.sqrt(2 * width),
  });
  const block = createTransformerBlock({ ops, param }, `${name}.block`, dims);
  return (carry_BTD, token_BT, at, kv) => {
    const carried_BTD = ops.rmsNorm(carry_BTD, carryGain_D);
    const token_BTD = ops.rmsNorm(embed(token_BT), tokenGain_D);
    return block(ops.linear(ops.concat([carried_BTD, token_BTD], 2), merge_FD), at, kv);
  };
}
