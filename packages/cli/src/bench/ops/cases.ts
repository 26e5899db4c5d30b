// B windows, T positions, N = B*T rows, D width, H attention heads, d width of one attention head, F inner width of the MLP,
// V vocabulary.
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '@foretoken/engine';
import { by, bytesOf, forwardPass, type OpPass, productWork, tapedPasses } from './pass.ts';
import type { Workbench } from './workbench.ts';

/** Products of matrices, every way that their operands may lie. */
export function productPasses({ engine, values, sizes: { B, T, D, F } }: Workbench): OpPass[] {
  const { ops } = engine;
  const N = B * T;
  const [a, aT, b, bT] = [
    values<Tensor2D>(N, D),
    values<Tensor2D>(D, N),
    values<Tensor2D>(D, F),
    values<Tensor2D>(F, D),
  ];
  const square = values<Tensor2D>(D, D);
  const product = (op: string, inputs: readonly Tensor[], apply: () => Tensor): OpPass[] => {
    const sizes = inputs.map(({ shape }) => by(...shape)).join(' by ');
    return tapedPasses(engine, { op, sizes, ...productWork(N * D * F), inputs, apply });
  };
  return [
    ...product('matmul', [a, b], () => ops.matmul(a, b)),
    ...product('matmul-at', [aT, b], () => tf.matMul(aT, b, true)),
    ...product('matmul-bt', [a, bT], () => tf.matMul(a, bT, false, true)),
    ...product('matmul-at-bt', [aT, bT], () => tf.matMul(aT, bT, true, true)),
    ...tapedPasses(engine, {
      op: 'linear',
      sizes: `${by(N, D)} by ${by(D, D)}`,
      ...productWork(N * D * D),
      inputs: [a, square],
      apply: () => ops.linear(a, square),
    }),
  ];
}

/** Operations that memory bounds. */
export function rowPasses({ engine, values, at, sizes: { B, T, D, H } }: Workbench): OpPass[] {
  const { ops } = engine;
  const N = B * T;
  const [x_ND, gain_D, x_BTHd] = [values<Tensor2D>(N, D), values<Tensor1D>(D), values<Tensor4D>(B, T, H, D / H)];
  return [
    ...tapedPasses(engine, {
      op: 'rmsNorm',
      sizes: by(N, D),
      forward: bytesOf(2 * N * D, D),
      backward: bytesOf(3 * N * D, 2 * D),
      inputs: [x_ND, gain_D],
      apply: () => ops.rmsNorm(x_ND, gain_D),
    }),
    ...tapedPasses(engine, {
      op: 'rotary',
      sizes: by(B, T, H, D / H),
      forward: bytesOf(2 * N * D),
      backward: bytesOf(2 * N * D),
      inputs: [x_BTHd],
      apply: () => ops.rotary(x_BTHd, at),
    }),
  ];
}

/** Attention counts its causal half: each position sees itself and what is before it. */
export function attentionPasses({ engine, values, at, sizes: { B, T, D, H } }: Workbench): OpPass[] {
  const [q, k, v] = [0, 1, 2].map(() => values<Tensor4D>(B, T, H, D / H));
  const seenPairs = (B * T * (T + 1)) / 2;
  return tapedPasses(engine, {
    op: 'attention',
    sizes: `${by(B, T, H, D / H)}, causal`,
    ...productWork(2 * seenPairs * D),
    inputs: [q, k, v],
    apply: () => engine.ops.attention(q, k, v, at, engine.noKeyValues),
  });
}

/** The gated MLP of a block. */
export function mlpPasses({ engine, values, sizes: { B, T, D, F } }: Workbench): OpPass[] {
  const x_ND = values<Tensor2D>(B * T, D);
  const weights = { gate_DF: values<Tensor2D>(D, F), up_DF: values<Tensor2D>(D, F), down_FD: values<Tensor2D>(F, D) };
  return tapedPasses(engine, {
    op: 'gatedMlp',
    sizes: `${by(B * T, D)}, inner width ${F}`,
    ...productWork(3 * B * T * D * F),
    inputs: [x_ND, ...Object.values(weights)],
    apply: () => engine.ops.gatedMlp(x_ND, weights),
  });
}

/** From tokens to vectors, and from vectors to tokens. */
export function tokenPasses({ engine, values, keep, sizes: { B, T, D, V } }: Workbench): OpPass[] {
  const { ops } = engine;
  const N = B * T;
  const table_VD = values<Tensor2D>(V, D);
  const logits_NV = values<Tensor2D>(N, V);
  const ids = Int32Array.from({ length: N }, (_, row) => (row * 7) % V);
  const tokens_BT = keep(ops.constant<Tensor2D>(ids, [B, T]));
  return [
    ...tapedPasses(engine, {
      op: 'embed',
      sizes: `${by(B, T)} of ${by(V, D)}`,
      forward: bytesOf(N, 2 * N * D),
      backward: bytesOf(N, N * D, V * D),
      inputs: [table_VD],
      apply: () => ops.embed(tokens_BT, table_VD),
    }),
    forwardPass(engine, 'argmax', by(N, V), bytesOf(N * V, N), () => ops.argmax(logits_NV)),
  ];
}

/** The loss of one offset. Its gradients come out of the forward pass, so there is no backward pass to time alone. */
export function lossPasses({ engine, values, sizes: { B, T, D, V } }: Workbench): OpPass[] {
  const { ops } = engine;
  const N = B * T;
  const readout = { gain_E: values<Tensor1D>(D), weight_EV: values<Tensor2D>(D, V) };
  const rows = ops.crossEntropyRows(Int32Array.from({ length: N }, (_, row) => (row * 7) % V));
  const parts = [{ hidden_NE: values<Tensor2D>(N, D), rows, scale: 1 / N }];
  const pass = (gradients: boolean, flops: number): OpPass => ({
    op: 'linearLoss',
    pass: gradients ? 'both' : 'forward',
    sizes: `${by(N, D)} by ${by(D, V)}`,
    work: { flops },
    prepare: () => ({
      run() {
        const { loss_N, dHidden_NE, dGain_E, dWeight_EV } = ops.linearLoss(readout, parts, { gradients });
        return [...loss_N, ...dHidden_NE, dGain_E, dWeight_EV].filter((one) => one !== undefined);
      },
      end() {},
    }),
  });
  return [pass(false, 2 * N * D * V), pass(true, 6 * N * D * V)];
}
