// Heads that are wrong on purpose in ways that are harder to see, or that only a declaration shows.
// B batch, T positions, D width.
import { tf } from '@foretoken/engine';
import { expect, test } from 'vitest';
import {
  createTransformerBlock,
  defineHead,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  Type,
} from '../plugin.ts';
import { failures } from './failures.fixture.ts';

const later = (x_BTD: Tensor3D) => {
  const [B, T, D] = x_BTD.shape;
  return tf.concat([x_BTD.slice([0, 1, 0], [B, T - 1, D]), x_BTD.slice([0, 0, 0], [B, 1, D])], 1) as Tensor3D;
};

test('a head that hides its look ahead behind a weight that starts at zero is caught all the same', async () => {
  const sly = defineHead({
    name: 'sly',
    create({ ops, param, dims }) {
      const weight_DD = param<Tensor2D>('weight', [dims.width, dims.width], { kind: 'zeros' });
      return {
        forward: (_, { trunk: [hidden_BTD] }) => ops.linear(later(hidden_BTD), weight_DD, { residual: hidden_BTD }),
      };
    },
  });
  expect((await failures(sly)).map(([, message]) => message)).toContainEqual(expect.stringContaining('must not see'));
});

test('a head that mixes rows is caught', async () => {
  const mixer = defineHead({
    name: 'mixer',
    create: ({ ops }) => ({
      forward: (_, { trunk: [hidden_BTD] }) => ops.add(hidden_BTD, ops.mean<Tensor3D>(hidden_BTD, 0, true)),
    }),
  });
  expect((await failures(mixer)).map(([, message]) => message)).toContainEqual(
    expect.stringContaining('it must not see other rows'),
  );
});

test('a head that carries state over a document boundary is caught', async () => {
  const sum = defineHead({
    name: 'running-sum',
    create: ({ ops }) => ({
      forward(_, { trunk: [hidden_BTD] }) {
        const [B, T] = hidden_BTD.shape;
        const lower = Array.from({ length: B * T * T }, (_, i) => Number(i % T <= Math.floor(i / T) % T));
        return ops.matmul(ops.constant<Tensor3D>(lower, [B, T, T]), hidden_BTD);
      },
    }),
  });
  expect((await failures(sum)).map(([, message]) => message)).toContainEqual(
    expect.stringContaining('it must not see an earlier document'),
  );
});

test('a head that always says the same is caught', async () => {
  const constant = defineHead({
    name: 'constant',
    create: ({ ops }) => ({ forward: (_, { trunk: [hidden_BTD] }) => ops.ones<Tensor3D>(hidden_BTD.shape) }),
  });
  const sentence = 'head "constant": offset 1 never depends on the token it stands on. Read the trunk’s state of that';
  for (const settings of [{}, { readEarlier: [1, 2, 3] }]) {
    const messages = (await failures(constant, {}, settings)).map(([, message]) => message);
    expect(messages).toContainEqual(expect.stringContaining(sentence));
  }
});

test('a head whose rows are one position late is caught, unless it is said to read an earlier one', async () => {
  const late = defineHead({
    name: 'late',
    create: ({ ops }) => ({
      memory: 'per-offset',
      forward(offset, { trunk: [hidden_BTD], memory }) {
        if (offset === 1) return hidden_BTD;
        const [B, T, D] = hidden_BTD.shape;
        const own = (node: number) => ops.slice<Tensor>(hidden_BTD, [0, node, 0], [B, 1, D]);
        const pairs = memory.scan(`late.${offset}`, ops.zeros([2, D]), (pair, node) =>
          ops.concat([ops.slice(pair, [0, 1, 0], [B, 1, D]), own(node)], 1),
        );
        return ops.reshape<Tensor3D>(ops.slice(pairs, [0, 0, 0, 0], [B, T, 1, D]), [B, T, D]);
      },
    }),
  });
  const sentence = expect.stringContaining('offset 2 never depends on the token it stands on');
  expect((await failures(late)).map(([, message]) => message)).toContainEqual(sentence);
  const excused = await failures(late, {}, { readEarlier: [2, 3] });
  expect(excused.map(([, message]) => message)).not.toContainEqual(sentence);
});

test('a gradient that is wrong in one weight is caught by the name of the weight', async () => {
  const twisted = defineHead({
    name: 'twisted',
    create({ ops, param, dims }) {
      const right_DD = param<Tensor2D>('right', [dims.width, dims.width]);
      const wrong_DD = param<Tensor2D>('wrong', [dims.width, dims.width]);
      const halved = tf.customGrad((x) => ({
        value: (x as Tensor2D).clone(),
        gradFunc: (dy) => tf.mul(dy as Tensor2D, 0.98),
      }));
      return {
        forward: (_, { trunk: [hidden_BTD] }) =>
          ops.linear(ops.linear(hidden_BTD, right_DD), halved(wrong_DD) as Tensor2D, { residual: hidden_BTD }),
      };
    },
  });
  const failed = await failures(twisted);
  expect(failed.map(([title]) => title)).toEqual([
    'has hidden states whose gradients agree with finite differences',
    'has finite losses of different names, whose gradients agree with finite differences',
  ]);
  expect(failed[0][1]).toMatch(/^head "twisted": the gradient of weight "head\/wrong" says/);
});

test('a loss whose gradient is not its own is caught', async () => {
  const wrong = defineHead({
    name: 'wrong-loss',
    create: ({ ops }) => ({
      forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
      objectives: (seen) => {
        const { hidden_BTE } = seen.offset(1);
        const [B, T, E] = hidden_BTE.shape;
        const right = seen.rows(1);
        return [
          {
            name: 'offset-1',
            hidden_NE: ops.reshape<Tensor2D>(hidden_BTE, [B * T, E]),
            readout: seen.readout(1),
            rows: (logits_RV, firstRow) => {
              const { loss_R, dLogits_RV } = right(logits_RV, firstRow);
              return { loss_R, dLogits_RV: ops.mul(dLogits_RV, 1.02) };
            },
            validRows: seen.validTargets(1),
          },
        ];
      },
    }),
  });
  expect(await failures(wrong)).toEqual([
    [expect.stringMatching(/^has finite losses/), expect.stringMatching(/^head "wrong-loss": loss: the gradient of/)],
  ]);
});

test('two losses of one name are caught', async () => {
  const twins = defineHead({
    name: 'twins',
    create: ({ ops }) => ({
      forward: (_, { trunk: [hidden_BTD] }) => hidden_BTD,
      objectives: (seen) => {
        const value = ops.mean<Scalar>(seen.trunk(1));
        return [
          { name: 'mean', value },
          { name: 'mean', value },
        ];
      },
    }),
  });
  expect((await failures(twins)).map(([, message]) => message)).toContainEqual(
    'head "twins": losses need different names, were mean, mean. Name each after what it measures.',
  );
});

test('a head with attention that does not declare its memory is caught', async () => {
  const forgetful = defineHead({
    name: 'forgetful',
    create({ ops, param, dims }) {
      const block = createTransformerBlock({ ops, param }, 'block', dims);
      return { forward: (_, { trunk: [hidden_BTD], at, memory }) => block(hidden_BTD, at, memory.kv('block')) };
    },
  });
  expect(await failures(forgetful)).toEqual([
    [
      'uses the memory that it declares and no other',
      `head "forgetful": offset 1 uses memory "block", but the head declares memory: 'none'. Declare it.`,
    ],
  ]);
});

const TITLE_APART = 'has the same losses and gradients offset by offset (backward: sequential) as in one pass (joint)';

test('a head whose offsets share work without handing it on is caught', async () => {
  const sharing = defineHead({
    name: 'sharing',
    create({ ops, param, dims }) {
      const weight_DD = param<Tensor2D>('weight', [dims.width, dims.width]);
      let common_BTD: Tensor3D;
      return {
        forward(offset, { trunk: [hidden_BTD] }) {
          if (offset === 1) common_BTD = ops.tanh(ops.linear(hidden_BTD, weight_DD));
          return ops.add(hidden_BTD, common_BTD);
        },
      };
    },
  });
  const failed = await failures(sharing);
  expect(failed[0]).toEqual([
    TITLE_APART,
    expect.stringMatching(/^head "sharing": run offset by offset, it throws: .* goes along the carry/),
  ]);
  expect(failed.map(([title]) => title)).toEqual([
    TITLE_APART,
    'frees every tensor that it makes',
    'frees every tensor when a hook of it, or an operation in `forward`, throws',
  ]);
});

test('a head whose gradient depends on which offset ran last is caught by the name of the weight', async () => {
  const forgetful = defineHead({
    name: 'forgetful',
    create({ ops, param, dims }) {
      const weight_DD = param<Tensor2D>('weight', [dims.width, dims.width]);
      let last = 0;
      const watched = tf.customGrad((x) => ({
        value: (x as Tensor2D).clone(),
        gradFunc: (dy) => tf.mul(dy as Tensor2D, last === dims.horizon ? 1 : 1.0001),
      }));
      return {
        forward(offset, { trunk: [hidden_BTD] }) {
          last = offset;
          return ops.linear(hidden_BTD, watched(weight_DD) as Tensor2D, { residual: hidden_BTD });
        },
      };
    },
  });
  expect(await failures(forgetful)).toEqual([
    [
      TITLE_APART,
      expect.stringMatching(
        /^head "forgetful": run offset by offset, the gradient of weight "head\/weight" is \S+ away/,
      ),
    ],
  ]);
});

test('an option without a type is caught', async () => {
  const loose = defineHead({
    name: 'loose',
    options: Type.Object({ rank: Type.Unknown() }),
    create: ({ ops }, { rank }) => ({
      forward: (_, { trunk: [hidden_BTD] }) => ops.mul(hidden_BTD, Number(rank)),
    }),
  });
  expect(await failures(loose, { rank: 2 })).toEqual([
    [
      'refuses unknown options and options of another type',
      'head "loose": option "rank" must have a type, but {"other":true} was taken as well. Give it one, such as ' +
        '`Type.Integer()`.',
    ],
  ]);
});

test('a head that brings readouts without declaring it is caught, the shared one for all offsets too', async () => {
  const bringing = (ownReadout: boolean, isShared: boolean) =>
    defineHead({
      name: 'bringing',
      ownReadout,
      create({ ops, param, readout }) {
        const { shape } = readout.weight_EV;
        const own_EV = isShared
          ? readout.weight_EV
          : param<Tensor2D>('own', shape, { kind: 'copy', of: readout.weight_EV });
        const gain_E = readout.gain_E;
        return {
          readout: (offset) => (offset === 1 ? readout : { gain_E, weight_EV: own_EV }),
          forward: (_, { trunk: [hidden_BTD] }) => ops.silu(hidden_BTD),
        };
      },
    });
  for (const isShared of [false, true]) {
    expect((await failures(bringing(false, isShared)))[0]).toEqual([
      'declares the readouts that it brings',
      'head "bringing": offset 2 has a readout of the head’s own, so that readout: replicated would do nothing. Declare ' +
        '`ownReadout: true` beside its name, or a function of its options.',
    ]);
    expect(await failures(bringing(true, isShared))).toEqual([]);
  }
});
