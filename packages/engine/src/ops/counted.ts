// B rows, T nodes, H attention heads, G key/value heads, d width of one attention head, M rows, K inner axis, N columns.
import { ForetokenError } from '../errors.ts';
import type { KeyValues } from '../key-values.ts';
import type { Nodes } from '../nodes.ts';
import type { LinearLossOptions } from '../readout.ts';
import type { Tensor, Tensor2D, Tensor4D } from '../tensor.ts';
import { UnrolledKeyValues } from '../unrolled-key-values.ts';
import type { EngineOps } from './engine-ops.ts';

/** Multiply and add. */
const FLOPS_PER_PRODUCT = 2;
/** The product itself, the gradient of its input and, unless that is frozen, that of its weight. */
const passesOf = ({ gradients, frozenReadout = false }: LinearLossOptions): number =>
  gradients ? (frozenReadout ? 2 : 3) : 1;

/**
 * Adds up the floating-point operations of whatever runs through an engine's `ops` while a count is open.
 *
 * What is counted follows from shapes and nodes alone, so it is the same on every engine and every run.
 */
export class FlopMeter {
  private total = 0;
  private open = 0;

  /** Counts what `work` does; counts may nest. */
  count(work: () => void): number {
    const before = this.total;
    this.open++;
    try {
      work();
      return this.total - before;
    } finally {
      this.open--;
    }
  }

  /** Notes a product of matrices with so many multiplications, where a count is open. */
  products(multiplications: () => number): void {
    if (this.open > 0) this.total += FLOPS_PER_PRODUCT * multiplications();
  }
}

/**
 * The same operations under a meter: 2 FLOPs per multiply-add of `matmul`, `linear`, `gatedMlp`, `readoutLogits`, `hostLogits`
 * and `linearLoss`, and of the scores and the mixing of `attention` over exactly what each node sees. Elementwise operations,
 * norms, rotary embedding, softmax, look-ups, `adamw` and what runs on tfjs directly cost nothing here.
 */
export function countedOps(ops: EngineOps, meter: FlopMeter): EngineOps {
  return Object.freeze<EngineOps>({
    ...ops,
    matmul: (a, b) => {
      meter.products(() => a.size * lastAxis(b));
      return ops.matmul(a, b);
    },
    linear: (x_I, weight_IO, options) => {
      meter.products(() => rowsOf(x_I) * weight_IO.size);
      return ops.linear(x_I, weight_IO, options);
    },
    gatedMlp: (x_D, weights, options) => {
      const { gate_DF, up_DF, down_FD } = weights;
      meter.products(() => rowsOf(x_D) * (gate_DF.size + up_DF.size + down_FD.size));
      return ops.gatedMlp(x_D, weights, options);
    },
    attention: (q_BTHd, k_BTGd, v_BTGd, at, kv) => {
      meter.products(() => attentionProducts(q_BTHd, at, kv));
      return ops.attention(q_BTHd, k_BTGd, v_BTGd, at, kv);
    },
    transformerStack: (x_BTD, layers, at) => {
      if (layers.length > 0) meter.products(refuseStore);
      return ops.transformerStack(x_BTD, layers, at);
    },
    ...countedReadouts(ops, meter),
  });
}

function countedReadouts(
  ops: EngineOps,
  meter: FlopMeter,
): Pick<EngineOps, 'readoutLogits' | 'hostLogits' | 'linearLoss'> {
  const products = (hidden_NE: Tensor2D, weight_EV: Tensor2D) => hidden_NE.shape[0] * weight_EV.size;
  return {
    readoutLogits: (hidden_NE, readout) => {
      meter.products(() => products(hidden_NE, readout.weight_EV));
      return ops.readoutLogits(hidden_NE, readout);
    },
    hostLogits: (requests) => {
      for (const { rows_M, readout } of requests) meter.products(() => rows_M.length * readout.weight_EV.size);
      return ops.hostLogits(requests);
    },
    linearLoss: (readout, parts, options) => {
      for (const { hidden_NE } of parts)
        meter.products(() => passesOf(options) * products(hidden_NE, readout.weight_EV));
      return ops.linearLoss(readout, parts, options);
    },
  };
}

const lastAxis = ({ shape }: Tensor): number => shape[shape.length - 1];

/** Every leading axis taken together. */
const rowsOf = ({ shape }: Tensor): number => shape.slice(0, -1).reduce((count, size) => count * size, 1);

function refuseStore(): never {
  throw new ForetokenError(
    'ENGINE_MISUSE',
    'FLOPs are counted over whole windows, not with a key/value store. Leave the store out.',
  );
}

/** Queries by keys, and weights by values, of each node with what it sees. */
function attentionProducts({ shape: [, , H, d] }: Tensor4D, at: Nodes, kv: KeyValues): number {
  if ('bind' in kv) refuseStore();
  return 2 * pairsOf(at, kv) * H * d;
}

/** Pairs of a node and one that it sees; in a later call of an unrolled memory those of text, and one a call since. */
function pairsOf(at: Nodes, kv: KeyValues): number {
  const text = kv instanceof UnrolledKeyValues ? kv.textNodes : undefined;
  if (!text) return visibleNodes(at);
  const nodes = text.length_B.reduce((sum, length) => sum + length, 0);
  return visibleNodes(text) + (kv as UnrolledKeyValues).calls.length * nodes;
}

/** Pairs of a real node and a node that it sees, itself included. */
function visibleNodes({ B, T, parent_BT, length_B }: Nodes): number {
  const seen = new Int32Array(T);
  let pairs = 0;
  for (let row = 0; row < B; row++) {
    for (let node = 0; node < length_B[row]; node++) {
      const parent = parent_BT[row * T + node];
      seen[node] = 1 + (parent < 0 ? 0 : seen[parent]);
      pairs += seen[node];
    }
  }
  return pairs;
}
