// Times one transformer block, forward and backward, and the fused loss, at the sizes of the yardstick model, beside
// (a) the same block in plain tfjs calls and (b) wasm's own rate on the block's matrix products, interleaved in one run.
//
//   node packages/engine/bench/block.mjs [--rounds 5] [--skip-plain]
import { chainNodes, openEngine, tf } from '../dist/index.js';

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(process.argv[at + 1]);
};
const rounds = option('rounds', 5);
const skipPlain = process.argv.includes('--skip-plain');
const [B, T, D, H, F, V] = [8, 256, 256, 4, 704, 256];
const d = D / H;
const N = B * T;

const engine = await openEngine({ name: 'wasm' });
const { ops } = engine;
const random = (...shape) => tf.randomNormal(shape, 0, 0.02, 'float32', shape.length + shape[0]);
const weights = {
  gain1: tf.ones([D]),
  qkv: random(D, 3 * D),
  out: random(D, D),
  gain2: tf.ones([D]),
  gate: random(D, F),
  up: random(D, F),
  down: random(F, D),
};
const names = Object.keys(weights);
const all = Object.values(weights);
const x = random(B, T, D);
const flow = random(B, T, D);
const readout = { gain_E: tf.ones([D]), weight_EV: random(D, V) };
const targets = Int32Array.from({ length: N }, (_, row) => (row * 7) % V);
const at = chainNodes(B, T);

/** The block in the language of plugins. */
function block(input) {
  const normed = ops.rmsNorm(input, weights.gain1);
  const [q, k, v] = ops.split(ops.linear(normed, weights.qkv), 3, 2).map((part) => ops.reshape(part, [B, T, H, d]));
  const attended = ops.attention(ops.rotary(q, at), ops.rotary(k, at), v, at, engine.noKeyValues);
  const mixed = ops.linear(ops.reshape(attended, [B, T, D]), weights.out, { residual: input });
  const { gate: gate_DF, up: up_DF, down: down_FD } = weights;
  return ops.gatedMlp(ops.rmsNorm(mixed, weights.gain2), { gate_DF, up_DF, down_FD }, { residual: mixed });
}

function ours() {
  const recording = engine.record(() => block(x));
  const gradients = recording.backward([{ at: recording.outputs, gradient: flow }], [x, ...all]);
  tf.dispose(gradients);
  recording.dispose();
}

function forwardOnly() {
  tf.dispose(engine.tidy(() => block(x)));
}

function loss() {
  const part = { hidden_NE: tf.reshape(x, [N, D]), rows: ops.crossEntropyRows(targets), scale: 1 / N };
  tf.dispose(ops.linearLoss(readout, [part], { gradients: true }));
  part.hidden_NE.dispose();
}

/** The block in plain tfjs calls, transposed operands where tfjs puts them. */
const plainBlock = (() => {
  const rms = (input, gain) => tf.mul(tf.mul(input, tf.rsqrt(tf.add(tf.mean(tf.square(input), -1, true), 1e-5))), gain);
  const angles = tf.tidy(() => {
    const frequency = tf.pow(10000, tf.div(tf.range(0, d / 2), -d / 2));
    return tf.reshape(tf.mul(tf.reshape(tf.range(0, T), [T, 1]), frequency), [1, 1, T, d / 2]);
  });
  const [cos, sin] = [tf.cos(angles), tf.sin(angles)];
  const turn = (input) => {
    const [low, high] = tf.split(input, 2, 3);
    return tf.concat([tf.sub(tf.mul(low, cos), tf.mul(high, sin)), tf.add(tf.mul(high, cos), tf.mul(low, sin))], 3);
  };
  const mask = tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([T, T]), -1, 0)), -1e30);
  const lin = (input, weight) => tf.matMul(input, weight);
  return (input, w) => {
    const rows = tf.reshape(input, [N, D]);
    const heads = tf
      .split(lin(rms(rows, w.gain1), w.qkv), 3, 1)
      .map((part) => tf.transpose(tf.reshape(part, [B, T, H, d]), [0, 2, 1, 3]));
    const [q, k, v] = [turn(heads[0]), turn(heads[1]), heads[2]].map((part) => tf.reshape(part, [B * H, T, d]));
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(d)), mask);
    const mixed = tf.reshape(tf.matMul(tf.softmax(scores), v), [B, H, T, d]);
    const residual = tf.add(lin(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [N, D]), w.out), rows);
    const normed = rms(residual, w.gain2);
    const gate = lin(normed, w.gate);
    return tf.add(lin(tf.mul(tf.mul(gate, tf.sigmoid(gate)), lin(normed, w.up)), w.down), residual);
  };
})();

function plain() {
  tf.tidy(() => {
    const run = (...inputs) =>
      plainBlock(inputs[0], Object.fromEntries(names.map((name, index) => [name, inputs[index + 1]])));
    tf.grads(run)([x, ...all], tf.reshape(flow, [N, D]));
  });
}

/** The block's matrix products alone, forward and backward, none transposed: what wasm can do at best. */
const shapes = [
  [N, D, 3 * D],
  [N, D, D],
  [N, D, F],
  [N, D, F],
  [N, F, D],
].flatMap(([m, k, n]) => [
  [m, k, n, 1],
  [m, n, k, 1],
  [k, m, n, 1],
]);
const attentionShapes = [
  [T, d, T, 2],
  [T, T, d, 2],
  [d, T, T, 2],
].map(([m, k, n, count]) => [m, k, n, count * B * H]);
const products = [...shapes, ...attentionShapes].map(([m, k, n, count]) => [random(m, k), random(k, n), count]);
const flops = [...shapes, ...attentionShapes].reduce((total, [m, k, n, count]) => total + 2 * m * k * n * count, 0);
function bare() {
  for (const [a, b, count] of products) for (let i = 0; i < count; i++) tf.matMul(a, b).dispose();
}

const cases = { ours, forwardOnly, loss, bare, ...(skipPlain ? {} : { plain }) };
const times = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, run] of Object.entries(cases)) {
    if (name === 'plain' && round > 2) continue;
    const start = performance.now();
    run();
    // The first round warms up.
    if (round > 0) times[name].push(performance.now() - start);
  }
}
const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const ms = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
const gflops = (name) => flops / ms[name] / 1e6;
const report = {
  ms: Object.fromEntries(Object.entries(ms).map(([name, value]) => [name, Number(value.toFixed(1))])),
  gflops: { ours: Number(gflops('ours').toFixed(1)), bare: Number(gflops('bare').toFixed(1)) },
  shareOfMatMulRate: Number((ms.bare / ms.ours).toFixed(3)),
  ...(ms.plain && { timesFasterThanPlain: Number((ms.plain / ms.ours).toFixed(2)) }),
  yardstickTokensPerSecondAtMost: Number(((N * 1000) / (9 * ms.ours + 4 * ms.loss)).toFixed(0)),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
