// Trunks that are wrong on purpose, each in one way: the check that is meant for it catches it, and says why.
// B rows, T nodes a row, D width, F width of the inner layer.
import { createNodes, tf } from '@foretoken/engine';
import { beforeAll, expect, test } from 'vitest';
import type { Memory } from '../contracts/memory.ts';
import type { TrunkContext } from '../contracts/trunk.ts';
import {
  type Definition,
  defineTrunk,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Trunk,
  Type,
} from '../plugin.ts';
import { runCheck } from './contract.ts';
import { bitsRepeat } from './head/determinism.ts';
import { gradientsAreRight } from './head/gradients.ts';
import { freesItsTensors } from './head/leaks.ts';
import { optionsMatter } from './head/option-effects.ts';
import { placesStandAlone } from './head/places.ts';
import { savesWhole } from './head/saved.ts';
import { usualPatience } from './patience.ts';
import { cachedIsUncached } from './trunk/cached.ts';
import { seesNoFuture } from './trunk/causality.ts';
import { leavesInputsAlone } from './trunk/inputs.ts';
import { takesItsSizes } from './trunk/sizes.ts';
import { givesItsTaps } from './trunk/taps.ts';
import { openTrunkCase } from './trunk/trunk-case.ts';
import { trunkContract } from './trunk/trunk-checks.ts';

const WIDTH = 4;

/** One block: how its inputs become its states, and what comes after. */
type Mix = (x_BTD: Tensor3D, memory: Memory, block: number) => Tensor3D;

interface Ways {
  /** Replaces the recurrence of a block. */
  readonly mix?: (context: TrunkContext) => Mix;
  /** Replaces hooks of the finished trunk. */
  readonly wrap?: (trunk: Trunk, context: TrunkContext) => Trunk;
  readonly blocks?: (dims: TrunkContext['dims']) => number;
  readonly lastWidth?: (dims: TrunkContext['dims']) => number;
}

const columnOf = ({ ops }: TrunkContext, x_BTD: Tensor3D, node: number): Tensor2D =>
  ops.reshape<Tensor2D>(ops.slice(x_BTD, [0, node, 0], [x_BTD.shape[0], 1, WIDTH]), [x_BTD.shape[0], WIDTH]);

/** s_t = s_{t-1} / 2 + x_t. */
const decay =
  (context: TrunkContext): Mix =>
  (x_BTD, memory, block) =>
    memory.scan(`block.${block}`, context.ops.zeros([WIDTH]), (state_BD, node) =>
      context.ops.add(context.ops.mul(state_BD, 0.5), columnOf(context, x_BTD, node)),
    ) as Tensor3D;

/** A trunk that keeps the contract, but for what is said. */
function trunk(
  name: string,
  { mix = decay, wrap = (good) => good, blocks, lastWidth }: Ways = {},
): Definition<'trunk'> {
  return defineTrunk({
    name,
    options: Type.Object({
      layers: Type.Integer({ minimum: 1, maximum: 3, default: 2 }),
      inner: Type.Integer({ minimum: 1, maximum: 4, default: 3 }),
    }),
    shape: ({ layers, inner }) => ({
      width: WIDTH,
      layers,
      block: { attentionHeads: 1, keyValueHeads: 1, mlpWidth: inner, rotaryBase: 10_000 },
    }),
    create(context) {
      const { ops, param, dims } = context;
      const count = blocks?.(dims) ?? dims.trunkLayers;
      const table_VD = param<Tensor2D>('embedding', [dims.vocabulary, WIDTH]);
      const layers = Array.from({ length: count }, (_, i) => {
        const F = i === count - 1 ? (lastWidth?.(dims) ?? dims.lastBlock.mlpWidth) : dims.block.mlpWidth;
        return [param<Tensor2D>(`up.${i}`, [WIDTH, F]), param<Tensor2D>(`down.${i}`, [F, WIDTH])];
      });
      const mixed = mix(context);
      const good: Trunk = {
        embed: (tokens_BT) => ops.embed(tokens_BT, table_VD),
        forward(x_BTD, _at, memory, taps) {
          const states_BTD = [x_BTD];
          for (const [i, [up_DF, down_FD]] of layers.entries()) {
            const last_BTD = states_BTD[i];
            const inner_BTF = ops.tanh(ops.linear(mixed(last_BTD, memory, i), up_DF));
            states_BTD.push(ops.linear(inner_BTF, down_FD, { residual: last_BTD }));
          }
          return taps.map((share) => states_BTD[Math.round(share * count)]);
        },
      };
      return wrap(good, context);
    },
  });
}

/** Changes the last tap, in place of `forward`. */
const output =
  (change: (state_BTD: Tensor3D, context: TrunkContext) => Tensor3D): Ways['wrap'] =>
  (good, context) => ({
    ...good,
    forward: (x_BTD, at, memory, taps) =>
      good.forward(x_BTD, at, memory, taps).map((tap, i) => (taps[i] === 1 ? change(tap, context) : tap)),
  });

/** Titles of the checks that a trunk fails, with their messages. */
async function failures(definition: Definition<'trunk'>): Promise<Map<string, string>> {
  const subject = await openTrunkCase(definition, definition.name, {}, {});
  const failed = new Map<string, string>();
  for (const check of trunkContract.checks) {
    await runCheck(check, subject, usualPatience()).catch((error: Error) => failed.set(check.title, error.message));
  }
  return failed;
}

let warm: Map<string, string>;
beforeAll(async () => {
  warm = await failures(trunk('good'));
});

test('the trunk that the others are made of keeps the contract', () => expect([...warm]).toEqual([]));

test.each<[what: string, ways: Ways, title: string, message: RegExp]>([
  [
    'reads the next position',
    {
      wrap: output((state_BTD, { ops }) => {
        const [B, T] = state_BTD.shape;
        const later_BTD = ops.slice(state_BTD, [0, 1, 0], [B, T - 1, WIDTH]);
        return ops.add(state_BTD, ops.concat([later_BTD, ops.zeros<Tensor3D>([B, 1, WIDTH])], 1));
      }),
    },
    seesNoFuture.title,
    /tap 1 at row 0, position 0 moved when the token at row 0, position 1 was exchanged; it must not see later tokens\./,
  ],
  [
    'sums along the row, whatever the documents',
    {
      mix: ({ ops }) => {
        return (x_BTD) => {
          const columns = ops.split(x_BTD, x_BTD.shape[1], 1);
          for (let t = 1; t < columns.length; t++) columns[t] = ops.add(ops.mul(columns[t - 1], 0.5), columns[t]);
          return ops.concat(columns, 1);
        };
      },
    },
    seesNoFuture.title,
    /tap 1 at row 1, position 3 moved when the token at row 1, position 0 was exchanged; it must not see an earlier document\./,
  ],
  [
    'looks at the other rows',
    { wrap: output((state_BTD, { ops }) => ops.add(state_BTD, ops.mean(state_BTD, 0, true))) },
    placesStandAlone.title,
    /at row 0, position 0 is another one when row 0 alone is run/,
  ],
  [
    'gives the state before the token',
    {
      wrap: output((state_BTD, { ops }) => {
        const [B, T] = state_BTD.shape;
        const earlier_BTD = ops.slice(state_BTD, [0, 0, 0], [B, T - 1, WIDTH]);
        return ops.concat([ops.zeros<Tensor3D>([B, 1, WIDTH]), earlier_BTD], 1);
      }),
    },
    seesNoFuture.title,
    /tap 1 at row 0, position 0 does not depend on the token it stands on/,
  ],
  [
    'keeps the states of two blocks in one slot',
    { mix: (context) => (x_BTD, memory) => decay(context)(x_BTD, memory, 0) },
    cachedIsUncached.title,
    /is another one token by token than in one forward over the text.*each with a slot of its own/,
  ],
  [
    'takes the number of a node for its place in the text',
    {
      mix: (context) => (x_BTD, memory, block) =>
        memory.scan(`block.${block}`, context.ops.zeros([WIDTH]), (state_BD, node) =>
          context.ops.add(context.ops.mul(state_BD, 1 / (1 + node)), columnOf(context, x_BTD, node)),
        ) as Tensor3D,
    },
    cachedIsUncached.title,
    /token by token/,
  ],
  [
    'goes on from the node before, not from the parent',
    {
      mix: (context) => (x_BTD, memory, block) => {
        let last_BD: Tensor | undefined;
        return memory.scan(`block.${block}`, context.ops.zeros([WIDTH]), (state_BD, node) => {
          const before_BD = node > 0 && last_BD ? context.ops.mul(context.ops.add(last_BD, state_BD), 0.5) : state_BD;
          last_BD = context.ops.add(context.ops.mul(before_BD, 0.5), columnOf(context, x_BTD, node));
          return last_BD;
        }) as Tensor3D;
      },
    },
    cachedIsUncached.title,
    /token by token/,
  ],
  [
    'takes the nodes of a tree for nodes in a row',
    {
      wrap: (good, { ops }) => ({
        ...good,
        forward(x_BTD, at, memory, taps) {
          const { T, position_BT, length_B } = at;
          const parent_BT = at.parent_BT.map((parent, i) => (parent >= 0 ? (i % T) - 1 : parent));
          const line = createNodes({ T, position_BT, parent_BT, length_B });
          try {
            const x_BT1D = ops.reshape<Tensor4D>(x_BTD, [at.B, T, 1, WIDTH]);
            const seen_BT1D = ops.attention(x_BT1D, x_BT1D, x_BT1D, line, memory.kv('seen'));
            return good
              .forward(x_BTD, at, memory, taps)
              .map((tap) => ops.add(tap, ops.reshape(seen_BT1D, x_BTD.shape)));
          } finally {
            line.dispose();
          }
        },
      }),
    },
    cachedIsUncached.title,
    /has other bits when it is computed in chunks, beside guesses that are dropped/,
  ],
  [
    'gives its taps in order of depth',
    {
      wrap: (good) => ({
        ...good,
        forward: (x_BTD, at, memory, taps) => good.forward(x_BTD, at, memory, [...taps].sort()),
      }),
    },
    givesItsTaps.title,
    /taps \[0\.5,1\] gave other states than taps \[1,0\.5\] did/,
  ],
  [
    'makes as many blocks as its options say, whatever the head brings',
    { blocks: ({ layers }) => layers },
    takesItsSizes.title,
    /weights with 2 blocks and no more with another/,
  ],
  [
    'has a last block like the others',
    { lastWidth: ({ block }) => block.mlpWidth },
    takesItsSizes.title,
    /weights as `dims\.lastBlock\.mlpWidth` grows by one/,
  ],
  [
    'counts its calls',
    {
      wrap: (good, { ops }) => {
        let calls = 0;
        return { ...good, forward: (...asked) => good.forward(...asked).map((tap) => ops.add(tap, calls++ * 0.01)) };
      },
    },
    bitsRepeat.title,
    /a second step of one model gave other hidden states/,
  ],
  [
    'draws a number of its own when it is made',
    {
      mix: (context) => {
        const scale = Math.random() + 0.5;
        return (x_BTD, memory, block) => context.ops.mul(decay(context)(x_BTD, memory, block), scale);
      },
    },
    savesWhole.title,
    /gives other bits after the weights were saved and read/,
  ],
  [
    'takes its states to the host and back',
    {
      mix: (context) => (x_BTD, memory, block) => {
        const states_BTD = decay(context)(x_BTD, memory, block);
        const values = Float32Array.from(states_BTD.dataSync());
        return context.ops.mul(states_BTD, context.ops.constant<Tensor3D>(values, states_BTD.shape));
      },
    },
    gradientsAreRight.title,
    /the gradient of weight "trunk\/\S+" says/,
  ],
  [
    'writes into the embedded tokens',
    {
      wrap: (good) => ({
        ...good,
        forward(x_BTD, at, memory, taps) {
          // On the cpu engine this is the live buffer.
          x_BTD.dataSync()[0] += 1;
          return good.forward(x_BTD, at, memory, taps);
        },
      }),
    },
    leavesInputsAlone.title,
    /forward: the values of a tensor it was given changed/,
  ],
  [
    'keeps its last state',
    { wrap: output((state_BTD, { ops }) => tf.keep(ops.neg(state_BTD))) },
    freesItsTensors.title,
    /3 tensors were left after three forwards/,
  ],
])('a trunk that %s is caught', async (_what, ways, title, message) => {
  const failed = await failures(trunk('broken', ways));
  expect(failed.get(title)).toMatch(/^trunk "broken": /);
  expect(failed.get(title)).toMatch(message);
});

test('an option that is read nowhere is caught', async () => {
  const good = trunk('idle');
  const idle = defineTrunk({
    ...good,
    options: Type.Object({ ...good.options!.properties, idle: Type.Boolean({ default: false }) }),
  });
  const failed = await failures(idle as Definition<'trunk'>);
  expect([...failed.keys()]).toEqual([optionsMatter.title]);
  expect(failed.get(optionsMatter.title)).toMatch(/option "idle" changes neither .*describeTrunkContract\(/);
});
