// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head.
import { beforeEach, describe, expect, test } from 'vitest';
import { chainNodes } from '../nodes.ts';
import { openEngine } from '../open-engine.ts';
import { type Tensor, type Tensor4D, tf } from '../tensor.ts';
import { randomArray, tensorOf, uniforms } from '../testing/judge.ts';
import { PRESENT } from '../testing/present.ts';
import { ancestorPass } from './ancestor-attention.ts';
import { attentionBy } from './unrolled-attention.ts';

describe.each(PRESENT)('on %s', async (name) => {
  const engine = await openEngine({ name });
  beforeEach(() => openEngine({ name }));

  const [B, T, H, G, d] = [2, 5, 4, 2, 3];
  const [q, k, v, seed] = [H, G, G, H].map((heads, index) =>
    tensorOf<Tensor4D>(randomArray([B, T, heads, d], uniforms(index))),
  );

  /** Values of the output and the gradients, and the bytes that the recording held. */
  function run(maxKept: number) {
    const at = chainNodes(B, T, { document_BT: [0, 0, 1, 1, 1, 2, 2, 2, 2, 2] });
    const before = engine.memory().bytes;
    const recording = engine.record(() => attentionBy(ancestorPass(maxKept))(q, k, v, at, { B, T, H, G, d }));
    at.dispose();
    const held = engine.memory().bytes - before;
    const values = recording.outputs.dataSync();
    const gradients = recording.backward([{ at: recording.outputs, gradient: seed }], [q, k, v]) as Tensor[];
    const flows = gradients.map((gradient) => gradient.dataSync());
    tf.dispose(gradients);
    recording.dispose();
    expect(engine.memory().bytes).toBe(before);
    return { values, flows, held };
  }

  test('exponentials that are computed again give the bits of those that were kept', () => {
    const [kept, again] = [run(B * H * T * T), run(B * H * T * T - 1)];
    expect(again.values).toEqual(kept.values);
    expect(again.flows).toEqual(kept.flows);
    // The exponentials, less the two masks of r*T rows that take their place.
    expect(kept.held - again.held).toBe(4 * (B * H * T * T - 2 * (H / G) * T * T));
  });
});
