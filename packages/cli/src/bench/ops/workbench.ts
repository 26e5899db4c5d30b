import { chainNodes, type Engine, type Nodes, type Tensor, tf } from '@foretoken/engine';
import { waves } from '../peak/peak-meter.ts';

/** Sizes that operations are measured at: B windows, T positions, D width, H attention heads, F inner width, V vocabulary. */
export interface OpSizes {
  readonly B: number;
  readonly T: number;
  readonly D: number;
  readonly H: number;
  readonly F: number;
  readonly V: number;
  /** Blocks whose weights the optimizer updates, beside embedding, unembedding and final norm. */
  readonly blocks: number;
}

/** Those of the yardstick: batch 8 x 256, 256 wide, 7,361,280 weights. */
export const YARDSTICK_SIZES: OpSizes = { B: 8, T: 256, D: 256, H: 4, F: 704, V: 256, blocks: 9 };

/** What the operations share, and what they are made of. */
export interface Workbench {
  readonly engine: Engine;
  readonly sizes: OpSizes;
  /** Plain text: no document ends within a window. */
  readonly at: Nodes;
  /** Small values of both signs, the bench's own. */
  values<T extends Tensor>(...shape: readonly number[]): T;
  /** Hands a tensor over to the bench. */
  keep<T extends Tensor>(tensor: T): T;
  /** Frees all of it. */
  dispose(): void;
}

/** Opens a bench on an engine. */
export function openWorkbench(engine: Engine, sizes: OpSizes): Workbench {
  const { B, T, D, F, V } = sizes;
  const kept: Tensor[] = [];
  const keep = <T extends Tensor>(tensor: T): T => {
    kept.push(tensor);
    return tensor;
  };
  const largest = Math.max(B * T * Math.max(D, F, V), D * Math.max(F, V));
  const pool = keep(tf.tidy(() => tf.mul(waves(0, [largest]), 0.02)));
  const at = chainNodes(B, T);
  return {
    engine,
    sizes,
    at,
    values<T extends Tensor>(...shape: readonly number[]) {
      const size = shape.reduce((product, n) => product * n, 1);
      return keep(tf.tidy(() => tf.reshape(tf.slice(pool, 0, size), [...shape])) as Tensor as T);
    },
    keep,
    dispose() {
      at.dispose();
      tf.dispose(kept);
    },
  };
}
