// B rows, T nodes, D width, H attention heads, G key/value heads, d width of one attention head, F MLP width, V vocabulary.
import type { Engine } from '../engine.ts';
import type { KeyValueStore } from '../key-values.ts';
import type { Nodes } from '../nodes.ts';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '../tensor.ts';
import { tf } from '../tensor.ts';
import { randomArray, tensorOf, uniforms } from './judge.ts';

/** Sizes that leave remainders in every vector width. */
const [D, H, G, d, F, V] = [20, 4, 2, 12, 27, 13];
export const VOCABULARY = V;

/** Two blocks and a readout with random weights: enough to see every op of a decoding path. */
export class SmallModel {
  private readonly engine: Engine;
  private readonly table: Tensor2D;
  private readonly blocks: Record<'gain1' | 'q' | 'k' | 'v' | 'out' | 'gain2' | 'gate' | 'up' | 'down', Tensor>[];
  private readonly readout: { gain_E: Tensor1D; weight_EV: Tensor2D };

  constructor(engine: Engine) {
    this.engine = engine;
    const next = uniforms(5);
    const weight = <T extends Tensor>(...shape: number[]): T => tensorOf<T>(randomArray(shape, next, (x) => x / 2));
    this.table = weight(V, D);
    this.blocks = [0, 1].map(() => ({
      gain1: weight(D),
      q: weight(D, H * d),
      k: weight(D, G * d),
      v: weight(D, G * d),
      out: weight(H * d, D),
      gain2: weight(D),
      gate: weight(D, F),
      up: weight(D, F),
      down: weight(F, D),
    }));
    this.readout = { gain_E: weight(D), weight_EV: weight(D, V) };
  }

  /** One store per block. */
  createStores(): KeyValueStore[] {
    return this.blocks.map((_, index) => this.engine.createKeyValueStore(`block ${index}`));
  }

  /**
   * Logits of every node as host values, [B*T*V].
   * @param stores - one per block; absent: no past and nothing kept
   */
  logits(tokens: Int32Array, at: Nodes, stores?: readonly KeyValueStore[]): Float32Array {
    const { ops, noKeyValues } = this.engine;
    return tf.tidy(() => {
      const ids = tf.tensor2d(tokens, [at.B, at.T], 'int32');
      let x: Tensor = ops.embed(ids, this.table);
      for (const [index, w] of this.blocks.entries()) {
        const normed = ops.rmsNorm(x, w.gain1 as Tensor1D);
        const project = (weight: Tensor, heads: number) =>
          ops.reshape<Tensor4D>(ops.linear(normed, weight as Tensor2D), [at.B, at.T, heads, d]);
        const [q, k] = [project(w.q, H), project(w.k, G)].map((part) => ops.rotary(part, at));
        const attended = ops.attention(q, k, project(w.v, G), at, stores?.[index] ?? noKeyValues);
        const mixed = ops.linear(ops.reshape<Tensor>(attended, [at.B, at.T, H * d]), w.out as Tensor2D, {
          residual: x,
        });
        const [gate_DF, up_DF, down_FD] = [w.gate, w.up, w.down] as Tensor2D[];
        const weights = { gate_DF, up_DF, down_FD };
        x = ops.gatedMlp(ops.rmsNorm(mixed, w.gain2 as Tensor1D), weights, { residual: mixed });
      }
      const rows = ops.reshape<Tensor2D>(x, [at.B * at.T, D]);
      return ops.readoutLogits(rows, this.readout).dataSync().slice() as Float32Array;
    });
  }
}
