// B rows, T positions, D width.
import {
  chainNodes,
  type Engine,
  openEngine,
  type Readout,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tf,
} from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Head } from '../contracts/head.ts';
import type { Memory } from '../contracts/memory.ts';
import type { Dims, ParamFactory } from '../contracts/parameters.ts';
import type { Trunk } from '../contracts/trunk.ts';
import { defineHead } from '../plugins/define.ts';
import { attachedTrunk, type BaseHead } from './attached-trunk.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const block = { attentionHeads: 1, keyValueHeads: 1, mlpWidth: 1, rotaryBase: 10 };
const DIMS: Dims = {
  ...{ width: 1, vocabulary: 4, context: 4, layers: 4, trunkLayers: 3, block, lastBlock: block },
  ...{ horizon: 3, maxOffset: 3 },
};

/** States that say which share of the depth they are: 10 times the tap. */
function trunkOf(asked: (readonly number[])[] = []): Trunk {
  const state = (tap: number): Tensor3D => tf.fill([1, 2, 1], 10 * tap);
  return {
    embed: () => state(0),
    forward(_x, _at, memory, taps) {
      memory.kv('blocks.0');
      asked.push(taps);
      return taps.map(state);
    },
  };
}

type Create = Parameters<typeof defineHead>[0]['create'];

function baseOf(create: Create, change: Partial<BaseHead> = {}): BaseHead {
  const definition = defineHead({ name: 'base', create });
  return { definition, name: 'base', options: {}, dims: DIMS, place: 'head', ...change };
}

function memoryOf(slots: string[] = []): Memory {
  return {
    kv: (slot) => {
      slots.push(slot);
      return engine.noKeyValues;
    },
    scan: (slot, start_X) => {
      slots.push(slot);
      return start_X;
    },
  };
}

const plain =
  (head: Head): Create =>
  () =>
    head;
const readout = () => ({ weight_EV: tf.ones([1, 4]) as Tensor2D });
const noParam: ParamFactory = () => {
  throw new Error('no weight was expected');
};

function attach(trunk: Trunk, base: BaseHead, own = readout(), param = noParam): Trunk {
  return attachedTrunk(trunk, base, { ops: engine.ops, param, readout: own, trunkLayers: 4 });
}

function run(trunk: Trunk, taps: readonly number[], memory = memoryOf()): number[] {
  const at = chainNodes(1, 2);
  const states = engine.tidy(() =>
    trunk.forward(tf.zeros([1, 2, 1]), at, memory, taps).map((state) => state.dataSync()[0]),
  );
  at.dispose();
  return states;
}

describe('taps of a trunk of three blocks under a head of one', () => {
  test('1 is the head’s output, shares below are those of both together', () => {
    engine.tidy(() => {
      const asked: (readonly number[])[] = [];
      const head: Head = {
        reads: { taps: [1, 1 / 3] },
        forward: (offset, { trunk: [top, low] }) => engine.ops.add(engine.ops.mul(top, 100 * offset), low),
      };
      const states = run(attach(trunkOf(asked), baseOf(plain(head))), [1, 0.25, 0.5, 0.75, 0.9, 1]);
      // Block 1, 2 and 3 of four are block 1, 2 and 3 of three; nothing lies between the third and the head's output.
      const shares = [1 / 3, 2 / 3, 1, 1];
      expect(asked[0]).toEqual([1, 1 / 3, ...shares.map((share) => expect.closeTo(share, 12))]);
      const output = 100 * 10 + 10 / 3;
      const wanted = [output, ...shares.map((share) => 10 * share), output];
      for (const [i, value] of wanted.entries()) expect(states[i]).toBeCloseTo(value, 3);
    });
  });

  test('a head without taps of its own reads the trunk’s output', () => {
    engine.tidy(() => {
      const head: Head = { forward: (_, { trunk: [top] }) => engine.ops.neg(top) };
      expect(run(attach(trunkOf(), baseOf(plain(head))), [1])).toEqual([-10]);
    });
  });
});

test('offset 1 gets no carry, no tokens ahead, and memory apart from the trunk’s', () => {
  engine.tidy(() => {
    const slots: string[] = [];
    const seen: unknown[] = [];
    const head: Head = {
      reads: { carry: 'nearer', ahead: true },
      memory: 'per-offset',
      forward(offset, { trunk: [top], carry_BTC, ahead, memory }) {
        seen.push(offset, carry_BTC, ahead);
        memory.kv('blocks.0');
        memory.scan('state', top, (state) => state);
        return { hidden_BTE: top, carry_BTC: engine.ops.neg(top) };
      },
    };
    expect(run(attach(trunkOf(), baseOf(plain(head), { place: 'head.2' })), [1], memoryOf(slots))).toEqual([10]);
    expect(seen).toEqual([1, undefined, []]);
    expect(slots).toEqual(['blocks.0', 'head.2/blocks.0', 'head.2/state']);
  });
});

test('the head is made for a horizon of 1, with the trunk’s embedding and the readout of offset 1', () => {
  engine.tidy(() => {
    const own = readout();
    const names: string[] = [];
    const param: ParamFactory = ((name: string) => names.push(name)) as never;
    const base = baseOf(({ dims, param: make, embed, readout: given }) => {
      for (let offset = 1; offset <= dims.horizon; offset++) make(`weights.${offset}`, [1]);
      expect(given).toBe(own);
      expect(dims).toEqual({ ...DIMS, horizon: 1 });
      expect(embed({} as Tensor2D).shape).toEqual([1, 2, 1]);
      return { readout: () => given, forward: (_, { trunk: [top] }) => top };
    });
    attach(trunkOf(), base, own, param);
    expect(names).toEqual(['weights.1']);
  });
});

describe('a head whose offset 1 cannot stand by itself is refused', () => {
  const forward: Head['forward'] = (_, { trunk: [top] }) => top;

  test('it comes from the further offsets', () => {
    engine.tidy(() => {
      const anticausal: Head = { reads: { carry: 'further' }, forward };
      expect(() => attach(trunkOf(), baseOf(plain(anticausal)))).toThrow(
        /CONFIG_CONFLICT: model\.base: head "base" of the base run makes offset 1 from the 2 further offsets/,
      );
      // There are none.
      const alone = baseOf(plain(anticausal), { dims: { ...DIMS, horizon: 1 } });
      expect(run(attach(trunkOf(), alone), [1])).toEqual([10]);
    });
  });

  test.each([
    ['weight', () => readout()],
    ['gain', (shared: Readout) => ({ ...shared, gain_E: tf.ones([1]) as Tensor1D })],
    ['bias', (shared: Readout) => ({ ...shared, bias_V: tf.zeros([4]) as Tensor1D })],
    ['vocabulary', (shared: Readout) => ({ ...shared, tokens_V: Int32Array.of(0, 1, 2, 3) })],
  ])('it has a readout with a %s of its own', (_, change) => {
    engine.tidy(() => {
      const shared = readout();
      const own = change(shared);
      const base = baseOf(plain({ readout: () => own, forward }));
      expect(() => attach(trunkOf(), base, shared)).toThrow(
        /CONFIG_CONFLICT: .* brings a readout of its own for offset 1/,
      );
      const same = baseOf(plain({ readout: () => ({ ...shared }), forward }));
      expect(run(attach(trunkOf(), same, shared), [1])).toEqual([10]);
    });
  });
});
