// B rows, T nodes a row, D width. Small models of every kind of head and of two trunks, written as plugins are.
import type { LanguageModel } from '@foretoken/core';
import { buildModel } from '@foretoken/core/model';
import {
  createTransformerBlock,
  type Definition,
  defineHead,
  defineTrunk,
  type HeadContext,
  type Memory,
  type OffsetInput,
  type Tensor2D,
  type Tensor3D,
} from '@foretoken/core/plugin';
import type { Engine } from '@foretoken/engine';

export const VOCABULARY = 11;
export const CONTEXT = 26;
const WIDTH = 8;
const LAYERS = 6;
const BLOCK = { attentionHeads: 2, keyValueHeads: 1, mlpWidth: 8, rotaryBase: 10_000 };
/** Large enough that every path through the model shows in the logits. */
const LARGE = { kind: 'normal', standardDeviation: 0.4 } as const;

const shape = () => ({ width: WIDTH, layers: LAYERS, block: BLOCK });

const attentive = defineTrunk({
  name: 'attentive',
  shape,
  create({ ops, param, dims }) {
    const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, WIDTH], LARGE);
    const loud = <T>(name: string, size: readonly number[], init: Parameters<typeof param>[2]) =>
      param(name, size, init?.kind === 'ones' ? init : LARGE) as T;
    const blocks = [0, 1].map((i) => createTransformerBlock({ ops, param: loud as typeof param }, `blocks.${i}`, dims));
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward(x_BTD, at, memory, taps) {
        const states: Tensor3D[] = [x_BTD];
        for (const [i, run] of blocks.entries()) states.push(run(states[i], at, memory.kv(`blocks.${i}`)));
        return taps.map((share) => states[Math.round(share * blocks.length)]);
      },
    };
  },
});

const recurrent = defineTrunk({
  name: 'recurrent',
  shape,
  create({ ops, param, dims }) {
    const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, WIDTH], LARGE);
    const mix_DD = param<Tensor2D>('mix', [WIDTH, WIDTH], LARGE);
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward(x_BTD, _at, memory, taps) {
        const [B] = x_BTD.shape;
        const states_BTD = memory.scan('state', ops.zeros([WIDTH]), (state_BD, node) => {
          const x_BD = ops.reshape<Tensor2D>(ops.slice(x_BTD, [0, node, 0], [B, 1, WIDTH]), [B, WIDTH]);
          return ops.tanh(ops.linear(ops.add(state_BD as Tensor2D, x_BD), mix_DD));
        }) as Tensor3D;
        return taps.map((share) => (share === 1 ? ops.add(states_BTD, x_BTD) : x_BTD));
      },
    };
  },
});

/** A gated linear recurrence, then attention: a state and keys and values, which must go back together. */
const gated = defineTrunk({
  name: 'gated',
  shape,
  create({ ops, param, dims }) {
    const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, WIDTH], LARGE);
    const [gate_DD, value_DD] = ['gate', 'value'].map((name) => param<Tensor2D>(name, [WIDTH, WIDTH], LARGE));
    const loud = ((name: string, size: readonly number[], init?: { kind: string }) =>
      param(name, size, init?.kind === 'ones' ? { kind: 'ones' } : LARGE)) as typeof param;
    const block = createTransformerBlock({ ops, param: loud }, 'block', dims);
    return {
      embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
      forward(x_BTD, at, memory, taps) {
        const [B] = x_BTD.shape;
        const gates_BTD = ops.sigmoid(ops.linear(x_BTD, gate_DD));
        const values_BTD = ops.linear(x_BTD, value_DD);
        const of = (y_BTD: Tensor3D, node: number) =>
          ops.reshape<Tensor2D>(ops.slice(y_BTD, [0, node, 0], [B, 1, WIDTH]), [B, WIDTH]);
        const states_BTD = memory.scan('state', ops.zeros([WIDTH]), (state_BD, node) => {
          const gate_BD = of(gates_BTD, node);
          const rest_BD = ops.mul(of(values_BTD, node), ops.sub(ops.ones<Tensor2D>([1, WIDTH]), gate_BD));
          return ops.add(ops.mul(state_BD as Tensor2D, gate_BD), rest_BD);
        }) as Tensor3D;
        const y_BTD = block(ops.add(states_BTD, x_BTD), at, memory.kv('block'));
        return taps.map((share) => (share === 1 ? y_BTD : states_BTD));
      },
    };
  },
});

/** Makes weights that differ per name and are far from zero. */
function parts({ ops, param, dims }: HeadContext) {
  const loud = ((name: string, size: readonly number[], init?: { kind: string }) =>
    param(name, size, init?.kind === 'ones' ? { kind: 'ones' } : LARGE)) as typeof param;
  const offsets = Array.from({ length: dims.horizon }, (_, k) => k + 1);
  return {
    /** One matrix per offset, from `inputs` times the width. */
    matrices: (name: string, inputs = (_offset: number) => 1) =>
      offsets.map((offset) => loud<Tensor2D>(`${name}.${offset}`, [inputs(offset) * WIDTH, WIDTH])),
    blocks: () => offsets.map((offset) => createTransformerBlock({ ops, param: loud }, `blocks.${offset}`, dims)),
    cat: (...x_BTD: Tensor3D[]) => ops.concat(x_BTD, 2),
  };
}

/** One module for every offset but the first: carry and the newest token ahead, merged, then a block. */
function oneModule(context: HeadContext) {
  const { matrices, blocks, cat } = parts(context);
  const [merge] = matrices('merge', () => 2);
  const [own, block] = blocks();
  return {
    own,
    run(offset: number, { carry_BTC, ahead, at, memory }: OffsetInput, slot: string): Tensor3D {
      const x_BTD = context.ops.linear(cat(carry_BTC!, context.embed(ahead[offset - 2])), merge);
      return block(x_BTD, at, memory.kv(slot));
    },
  };
}

/** tanh(x - 0.7 state), node after node. */
function scanOver({ ops }: HeadContext, x_BTD: Tensor3D, memory: Memory): Tensor3D {
  const [B] = x_BTD.shape;
  return memory.scan('state', ops.ones([WIDTH]), (state_BD, node) => {
    const x_BD = ops.reshape<Tensor2D>(ops.slice(x_BTD, [0, node, 0], [B, 1, WIDTH]), [B, WIDTH]);
    return ops.tanh(ops.sub(x_BD, ops.mul(state_BD as Tensor2D, 0.7)));
  }) as Tensor3D;
}

const heads = {
  linear: defineHead({
    name: 'linear',
    create(context) {
      const weights = parts(context).matrices('weights');
      return { forward: (offset, { trunk: [h] }) => context.ops.linear(h, weights[offset - 1]) };
    },
  }),
  parallel: defineHead({
    name: 'parallel',
    create(context) {
      const blocks = parts(context).blocks();
      return {
        memory: 'per-offset',
        forward: (offset, { trunk: [h], at, memory }) => blocks[offset - 1](h, at, memory.kv('block')),
      };
    },
  }),
  /** Two taps, and offsets with a gap, which offset 4 fills. */
  leap: defineHead({
    name: 'leap',
    create(context) {
      const { matrices, cat } = parts(context);
      const weights = matrices('weights', () => 2);
      return {
        offsets: [1, 2, 4],
        reads: { taps: [1, 0.5] },
        forward: (offset, { trunk: [h, low] }) => context.ops.linear(cat(h, low), weights[offset - 1]),
      };
    },
  }),
  causal: defineHead({
    name: 'causal',
    create(context) {
      const blocks = parts(context).blocks();
      return {
        memory: 'per-offset',
        reads: { carry: 'nearer' },
        forward: (offset, { trunk: [h], carry_BTC, at, memory }) =>
          blocks[offset - 1](carry_BTC ?? h, at, memory.kv('block')),
      };
    },
  }),
  anticausal: defineHead({
    name: 'anticausal',
    create(context) {
      const blocks = parts(context).blocks();
      return {
        memory: 'per-offset',
        reads: { carry: 'further' },
        forward: (offset, { trunk: [h], carry_BTC, at, memory }) =>
          blocks[offset - 1](carry_BTC ?? h, at, memory.kv('block')),
      };
    },
  }),
  hydra: defineHead({
    name: 'hydra',
    create(context) {
      const { matrices, cat } = parts(context);
      const weights = matrices('weights', (offset) => offset);
      return {
        reads: { ahead: true },
        forward: (offset, { trunk: [h], ahead }) =>
          offset === 1 ? h : context.ops.linear(cat(h, ...ahead.map(context.embed)), weights[offset - 1]),
      };
    },
  }),
  /** As eagle without attention: carry and tokens ahead, no memory; the carry is twice as wide as the hidden state. */
  autoregressive: defineHead({
    name: 'autoregressive',
    create(context) {
      const { matrices, cat } = parts(context);
      const weights = matrices('weights', (offset) => (offset === 1 ? 1 : 3));
      return {
        reads: { carry: 'nearer', ahead: true },
        forward(offset, { trunk: [h], carry_BTC, ahead }) {
          const x = carry_BTC ? cat(carry_BTC, context.embed(ahead[offset - 2])) : h;
          const hidden_BTE = context.ops.tanh(context.ops.linear(x, weights[offset - 1]));
          return { hidden_BTE, carry_BTC: cat(hidden_BTE, h) };
        },
      };
    },
  }),
  sequential: defineHead({
    name: 'sequential',
    create(context) {
      const { matrices, blocks: makeBlocks, cat } = parts(context);
      const weights = matrices('weights', () => 2);
      const blocks = makeBlocks();
      return {
        memory: 'per-offset',
        reads: { carry: 'nearer', ahead: true },
        forward(offset, { trunk: [h], carry_BTC, ahead, at, memory }) {
          if (offset === 1) return h;
          const x = context.ops.linear(cat(carry_BTC!, context.embed(ahead[offset - 2])), weights[offset - 1]);
          return blocks[offset - 1](x, at, memory.kv('block'));
        },
      };
    },
  }),
  /** Tokens ahead and a recurrence of each offset's own; a draft vocabulary for all offsets but the first. */
  scanning: defineHead({
    name: 'scanning',
    ownReadout: true,
    create(context) {
      const { ops } = context;
      const { matrices, cat } = parts(context);
      const weights = matrices('weights', (offset) => offset);
      const weight_EV = context.param<Tensor2D>('draft-readout', [WIDTH, 5], LARGE);
      return {
        memory: 'per-offset',
        reads: { ahead: true },
        readout: (offset) => (offset === 1 ? context.readout : { weight_EV, tokens_V: Int32Array.of(9, 3, 4, 1, 7) }),
        forward(offset, { trunk: [h], ahead, memory }) {
          return scanOver(context, ops.linear(cat(h, ...ahead.map(context.embed)), weights[offset - 1]), memory);
        },
      };
    },
  }),
  /** As eagle: two taps, one block for all offsets but the first, which has a block and memory of its own. */
  unrolled: defineHead({
    name: 'unrolled',
    create(context) {
      const { run, own } = oneModule(context);
      return {
        memory: 'unrolled',
        reads: { taps: [1, 0.5], carry: 'nearer', ahead: true },
        forward: (offset, input) =>
          offset === 1
            ? { hidden_BTE: own(input.trunk[0], input.at, input.memory.kv('own')), carry_BTC: input.trunk[1] }
            : run(offset, input, 'shared'),
      };
    },
  }),
  /** As FastMTP: the same without a block for offset 1, and drafting as far as asked. */
  extending: defineHead({
    name: 'extending',
    create(context) {
      const { run } = oneModule(context);
      return {
        extends: true,
        memory: 'unrolled',
        reads: { carry: 'nearer', ahead: true },
        forward: (offset, input) => (offset === 1 ? input.trunk[0] : run(offset, input, 'shared')),
      };
    },
  }),
  /** Sequential with one module for every offset, each with memory of its own, drafting as far as asked. */
  repeated: defineHead({
    name: 'repeated',
    create(context) {
      const { run } = oneModule(context);
      return {
        extends: true,
        memory: 'per-offset',
        reads: { carry: 'nearer', ahead: true },
        forward: (offset, input) => (offset === 1 ? input.trunk[0] : run(offset, input, `block.${offset}`)),
      };
    },
  }),
  /** Carry and the newest token ahead through one matrix, no memory, drafting as far as asked. */
  onward: defineHead({
    name: 'onward',
    create(context) {
      const { matrices, cat } = parts(context);
      const [weight] = matrices('weights', () => 2);
      return {
        extends: true,
        reads: { carry: 'nearer', ahead: true },
        forward: (offset, { trunk: [h], carry_BTC, ahead }) =>
          offset === 1
            ? h
            : context.ops.tanh(context.ops.linear(cat(carry_BTC!, context.embed(ahead[offset - 2])), weight)),
      };
    },
  }),
  /** A shared memory whose further offsets read no token ahead: one node each, below that of the offset before. */
  blind: defineHead({
    name: 'blind',
    create(context) {
      const [block] = parts(context).blocks();
      return {
        extends: true,
        memory: 'unrolled',
        reads: { carry: 'nearer' },
        forward: (offset, { trunk: [h], carry_BTC, at, memory }) =>
          offset === 1 ? h : block(carry_BTC!, at, memory.kv('shared')),
      };
    },
  }),
  /** A recurrence that every offset goes on with from where the one before left it. */
  rolling: defineHead({
    name: 'rolling',
    create(context) {
      const { ops } = context;
      const { matrices, cat } = parts(context);
      const [weight] = matrices('weights', () => 2);
      return {
        extends: true,
        memory: 'unrolled',
        reads: { ahead: true },
        forward(offset, { trunk: [h], ahead, memory }) {
          if (offset === 1) return h;
          const x_BTD = ops.linear(cat(h, context.embed(ahead[offset - 2])), weight);
          return scanOver(context, x_BTD, memory);
        },
      };
    },
  }),
} satisfies Record<string, Definition<'head'>>;

/** Heads that draft past the offsets they trained; their readout must be shared. */
export const EXTENDING_HEADS: readonly string[] = ['extending', 'repeated', 'onward', 'blind', 'rolling'];

const trunks = { attentive, recurrent, gated };

export type TinyHead = keyof typeof heads;
export type TinyTrunk = keyof typeof trunks;
export const TINY_HEADS = Object.keys(heads) as TinyHead[];
export const TINY_TRUNKS = Object.keys(trunks) as TinyTrunk[];

export const tinyTrunk = (name: TinyTrunk): Definition<'trunk'> => trunks[name];

interface TinyOptions {
  readonly horizon?: number;
  readonly vocabulary?: number;
  readonly context?: number;
  readonly readout?: 'shared' | 'replicated';
}

/** How a model is built from definitions; sizes are those of this file. */
export function modelOf(
  engine: Engine,
  trunk: Definition<'trunk'>,
  head: Definition<'head'>,
  { horizon = 4, vocabulary = VOCABULARY, context = CONTEXT, readout = 'replicated' }: TinyOptions = {},
): LanguageModel {
  return buildModel({
    engine,
    trunk,
    head,
    vocabulary,
    experiment: {
      seed: 7,
      data: { dataset: { name: 'none' }, tokenizer: { name: 'none' }, context },
      model: {
        trunk: { name: trunk.name },
        head: { name: head.name, horizon },
        readout,
        match: 'none',
        maxOffset: horizon,
      },
    },
  });
}

/** One of the small models. */
export function tinyModel(engine: Engine, trunk: TinyTrunk, head: TinyHead, options: TinyOptions = {}): LanguageModel {
  const readout = EXTENDING_HEADS.includes(head) ? 'shared' : 'replicated';
  return modelOf(engine, trunks[trunk], heads[head], { readout, ...options });
}
