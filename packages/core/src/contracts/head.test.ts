// Every published head, written against the contract and run through the head suite.
// B batch, T positions, D width, E readout input width, F features, V vocabulary.
import { expectTypeOf, test } from 'vitest';
import {
  createTransformerBlock,
  type Definition,
  defineHead,
  defineTrunk,
  type HeadContext,
  type Ops,
  type Tensor2D,
  type Tensor3D,
  Type,
} from '../plugin.ts';
import { describeHeadContract } from '../testing/index.ts';
import type { Head } from './head.ts';

/** One transformer layer per offset; `from` is the first offset that has one. */
const blocksOf = ({ ops, param, dims }: HeadContext, from = 1) => {
  const blocks = Array.from({ length: dims.horizon - from + 1 }, (_, i) =>
    createTransformerBlock({ ops, param }, `blocks.${from + i}`, dims),
  );
  return (offset: number) => blocks[offset - from];
};

/** One matrix per offset from `from` on. */
const matricesOf = ({ param, dims }: HeadContext, name: string, shape: readonly number[], from = 1) => {
  const matrices = Array.from({ length: dims.horizon - from + 1 }, (_, i) =>
    param<Tensor2D>(`${name}.${from + i}`, shape),
  );
  return (offset: number) => matrices[offset - from];
};

const join = (ops: Ops, ...parts: Tensor3D[]) => ops.concat(parts, 2);

/** @source Gloeckle et al. 2024, arXiv:2404.19737, app. B */
const linear = defineHead({
  name: 'linear',
  create(context) {
    const { ops, dims } = context;
    const weight = matricesOf(context, 'weights', [dims.width, dims.width]);
    return { forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weight(offset)) };
  },
});

/** @source Gloeckle et al. 2024, sec. 2 */
const parallel = defineHead({
  name: 'parallel',
  blocksPerOffset: 1,
  create(context) {
    const block = blocksOf(context);
    return {
      memory: 'per-offset',
      forward: (offset, { trunk: [hidden_BTD], at, memory }) => block(offset)(hidden_BTD, at, memory.kv(`${offset}`)),
    };
  },
});

/** Causal: each offset's layer reads the one nearer to the present; anticausal: the one further off. @source app. B */
const chained = (name: string, carry: 'nearer' | 'further') =>
  defineHead({
    name,
    blocksPerOffset: 1,
    create(context) {
      const block = blocksOf(context);
      return {
        memory: 'per-offset',
        reads: { carry },
        forward: (offset, { trunk: [hidden_BTD], carry_BTC, at, memory }) =>
          block(offset)(carry_BTC ?? hidden_BTD, at, memory.kv(`${offset}`)),
      };
    },
  });
const causal = chained('causal', 'nearer');
const anticausal = chained('anticausal', 'further');

/** Residual MLPs with unembeddings of their own, on the trunk. @source Cai et al. 2024, arXiv:2401.10774, sec. 2.1 */
const medusa = defineHead({
  name: 'medusa',
  ownReadout: true,
  create(context) {
    const { ops, dims, readout } = context;
    const weight = matricesOf(context, 'mlp', [dims.width, dims.width], 2);
    const unembedding = matricesOf(context, 'unembedding', [dims.width, dims.vocabulary], 2);
    return {
      readout: (offset) => (offset === 1 ? readout : { weight_EV: unembedding(offset) }),
      forward: (offset, { trunk: [hidden_BTD] }) =>
        offset === 1 ? hidden_BTD : ops.add(hidden_BTD, ops.silu(ops.linear(hidden_BTD, weight(offset)))),
    };
  },
});

/** Medusa from offset 1's block: every further offset is handed that block's output along the chain. */
const medusaFromBlock = defineHead({
  name: 'medusa-from-block',
  blocksPerOffset: (options: Record<string, unknown>) => Number(options.blocks ?? 1),
  options: Type.Object({ blocks: Type.Integer({ minimum: 1, maximum: 1, default: 1 }) }),
  create(context) {
    const { ops, param, dims } = context;
    const block = createTransformerBlock({ ops, param }, 'block', dims);
    const weight = matricesOf(context, 'mlp', [dims.width, dims.width], 2);
    return {
      memory: 'per-offset',
      reads: { carry: 'nearer' },
      forward(offset, { trunk: [hidden_BTD], carry_BTC, at, memory }) {
        if (!carry_BTC) return block(hidden_BTD, at, memory.kv('block'));
        return {
          hidden_BTE: ops.add(carry_BTC, ops.silu(ops.linear(carry_BTC, weight(offset)))),
          carry_BTC,
        };
      },
    };
  },
});

/** Offsets 1, 3, 5, ... @source Liu et al. 2025 (L-MTP), arXiv:2505.17505 */
const leap = defineHead({
  name: 'leap',
  create(context) {
    const { ops, dims } = context;
    const weight = matricesOf(context, 'weights', [dims.width, dims.width]);
    return {
      offsets: Array.from({ length: dims.horizon }, (_, i) => i + 1).filter((offset) => offset % 2 === 1),
      forward: (offset, { trunk: [hidden_BTD] }) => ops.linear(hidden_BTD, weight(offset)),
    };
  },
});

/** An MLP over the hidden state and every token drafted so far. @source Ankner et al. 2024, arXiv:2402.05109, sec. 3 */
const hydra = defineHead({
  name: 'hydra',
  create({ ops, param, dims, embed }) {
    const weights = Array.from({ length: dims.horizon - 1 }, (_, i) =>
      param<Tensor2D>(`mlp.${i + 2}`, [dims.width * (i + 2), dims.width]),
    );
    return {
      reads: { ahead: true },
      forward(offset, { trunk: [hidden_BTD], ahead }) {
        if (offset === 1) return hidden_BTD;
        const input_BTF = join(ops, hidden_BTD, ...ahead.map(embed));
        return ops.silu(ops.linear(input_BTF, weights[offset - 2]));
      },
    };
  },
});

/** Modules in a row, each with the next true token. @source DeepSeek-AI 2024, arXiv:2412.19437, sec. 2.2 */
const sequential = defineHead({
  name: 'sequential',
  blocksPerOffset: 1,
  create(context) {
    const { ops, dims, embed, param } = context;
    const merge = matricesOf(context, 'merge', [2 * dims.width, dims.width], 2);
    const gain_D = param<Tensor2D>('norm', [dims.width], { kind: 'ones' }) as never;
    const block = blocksOf(context, 2);
    return {
      memory: 'per-offset',
      reads: { carry: 'nearer', ahead: true },
      forward(offset, { trunk: [hidden_BTD], carry_BTC, ahead, at, memory }) {
        if (offset === 1) return hidden_BTD;
        const carry_BTD = ops.rmsNorm(carry_BTC!, gain_D);
        const token_BTD = ops.rmsNorm(embed(ahead[offset - 2]), gain_D);
        const merged_BTD = ops.linear(join(ops, carry_BTD, token_BTD), merge(offset));
        return block(offset)(merged_BTD, at, memory.kv(`${offset}`));
      },
    };
  },
});

/** One module for every further offset, drafting as far as asked. @source Cai et al. 2025 (FastMTP), arXiv:2509.18362 */
const fastMtp = defineHead({
  name: 'fast-mtp',
  create({ ops, param, dims, embed }) {
    const merge_FD = param<Tensor2D>('merge', [2 * dims.width, dims.width]);
    const block = createTransformerBlock({ ops, param }, 'block', dims);
    return {
      extends: true,
      memory: 'unrolled',
      reads: { carry: 'nearer', ahead: true },
      forward(offset, { trunk: [hidden_BTD], carry_BTC, ahead, at, memory }) {
        if (offset === 1) return hidden_BTD;
        const merged_BTD = ops.linear(join(ops, carry_BTC!, embed(ahead[offset - 2])), merge_FD);
        return block(merged_BTD, at, memory.kv('block'));
      },
    };
  },
});

/** Features of three depths, fused and extrapolated. @source Li et al. 2025 (EAGLE-3), arXiv:2503.01840, sec. 3 */
const eagle = defineHead({
  name: 'eagle',
  create({ ops, param, dims, embed }) {
    const fuse_FD = param<Tensor2D>('fuse', [3 * dims.width, dims.width]);
    const merge_FD = param<Tensor2D>('merge', [2 * dims.width, dims.width]);
    const block = createTransformerBlock({ ops, param }, 'block', dims);
    return {
      extends: true,
      memory: 'unrolled',
      reads: { taps: [1, 0.25, 0.5, 0.75], carry: 'nearer', ahead: true },
      forward(offset, { trunk: [hidden_BTD, ...features], carry_BTC, ahead, at, memory }) {
        if (offset === 1) {
          // The trunk is trained on the next token alone.
          const fixed = features.map((feature) => ops.stopGradient(feature));
          return { hidden_BTE: hidden_BTD, carry_BTC: ops.linear(join(ops, ...fixed), fuse_FD) };
        }
        const merged_BTD = ops.linear(join(ops, carry_BTC!, embed(ahead[offset - 2])), merge_FD);
        return block(merged_BTD, at, memory.kv('block'));
      },
    };
  },
});

describeHeadContract(linear, 'linear');
describeHeadContract(parallel, 'parallel');
describeHeadContract(causal, 'causal');
describeHeadContract(anticausal, 'anticausal');
describeHeadContract(medusa, 'medusa');
describeHeadContract(medusaFromBlock, 'medusa-from-block', { blocks: 1 }, { actElsewhere: ['blocks'] });
describeHeadContract(leap, 'leap');
describeHeadContract(hydra, 'hydra');
describeHeadContract(sequential, 'sequential');
describeHeadContract(fastMtp, 'fast-mtp');
describeHeadContract(eagle, 'eagle');

test('definitions carry their kind and refuse what the contract does not allow', () => {
  expectTypeOf(linear).toEqualTypeOf<Definition<'head'>>();
  expectTypeOf(linear).not.toExtend<Definition<'trunk'>>();
  expectTypeOf<Head['forward']>().parameter(0).toEqualTypeOf<number>();

  // @ts-expect-error a head without `create` makes nothing
  defineHead({ name: 'empty' });
  // @ts-expect-error a head without `forward` predicts nothing
  defineHead({ name: 'mute', create: () => ({}) });
  // @ts-expect-error hidden states have three axes
  defineHead({ name: 'flat', create: ({ param }) => ({ forward: () => param<Tensor2D>('rows', [2, 2]) }) });
  // @ts-expect-error memory is none, per-offset or unrolled
  defineHead({ name: 'vague', create: () => ({ memory: 'some', forward: (_, { trunk: [h] }) => h }) });
  // @ts-expect-error a carry comes from the nearer or the further offset
  defineHead({ name: 'odd', create: () => ({ reads: { carry: 'both' }, forward: (_, { trunk: [h] }) => h }) });
  defineHead({
    name: 'option-types',
    options: Type.Object({ rank: Type.Integer() }),
    // @ts-expect-error the option is a number by its schema
    create: (_, { rank }) => ({ offsets: rank.split(','), forward: (_offset, { trunk: [h] }) => h }),
  });
  // @ts-expect-error a trunk says its sizes before anything is created
  defineTrunk({ name: 'shapeless', create: () => ({ embed: () => ({}) as Tensor3D, forward: () => [] }) });
});
