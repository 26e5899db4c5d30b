// Trains the yardstick's model in plain tfjs calls on tfjs' wasm backend: what anyone would write first, with nothing of ours.
//
//   node bench/pytorch/plain-tfjs.mjs [--steps 1] [--batch 8] [--context 256]
//
// Prints one JSON object: { engine, parameters, tokensPerSecond, stepMs }. A step takes about a minute.
// Letters: B windows, T positions, N = B*T rows, D width, H attention heads, d width of one attention head, F inner width of
// the MLP, V vocabulary.
import { createRequire } from 'node:module';
import { dirname, sep } from 'node:path';
import { parseArgs } from 'node:util';

const require = createRequire(new URL('../../packages/engine/package.json', import.meta.url));
const tf = require('@tensorflow/tfjs');
const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');

const option = (value) => ({ type: 'string', default: value });
const { values } = parseArgs({ options: { steps: option('1'), batch: option('8'), context: option('256') } });
const [steps, B, T] = [values.steps, values.batch, values.context].map(Number);
const [D, H, F, V, trunkBlocks, horizon] = [256, 4, 704, 256, 5, 4];
const d = D / H;
const N = B * T;

const weight = (...shape) => tf.variable(tf.randomNormal(shape, 0, 0.02));
const gain = () => tf.variable(tf.ones([D]));

function createBlock() {
  const attention = { norm: gain(), qkv: weight(D, 3 * D), out: weight(D, D) };
  return { attention, mlp: { norm: gain(), gate: weight(D, F), up: weight(D, F), down: weight(F, D) } };
}

const rmsNorm = (x, g) => tf.mul(tf.mul(x, tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), 1e-5))), g);

/** Cosines and sines of the rotary embedding, and the causal mask. */
function createTables() {
  const frequency = tf.pow(10_000, tf.div(tf.range(0, d / 2), -d / 2));
  const angles = tf.reshape(tf.mul(tf.reshape(tf.range(0, T), [T, 1]), frequency), [1, 1, T, d / 2]);
  const mask = tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([T, T]), -1, 0)), -1e30);
  return { cos: tf.cos(angles), sin: tf.sin(angles), mask };
}

function turn(x, { cos, sin }) {
  const [low, high] = tf.split(x, 2, 3);
  return tf.concat([tf.sub(tf.mul(low, cos), tf.mul(high, sin)), tf.add(tf.mul(high, cos), tf.mul(low, sin))], 3);
}

function attend(rows, { norm, qkv, out }, tables) {
  const byHead = tf
    .split(tf.matMul(rmsNorm(rows, norm), qkv), 3, 1)
    .map((part) => tf.transpose(tf.reshape(part, [B, T, H, d]), [0, 2, 1, 3]));
  const [q, k, v] = [turn(byHead[0], tables), turn(byHead[1], tables), byHead[2]].map((part) =>
    tf.reshape(part, [B * H, T, d]),
  );
  const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(d)), tables.mask);
  const mixed = tf.transpose(tf.reshape(tf.matMul(tf.softmax(scores), v), [B, H, T, d]), [0, 2, 1, 3]);
  return tf.add(tf.matMul(tf.reshape(mixed, [N, D]), out), rows);
}

function feed(rows, { norm, gate, up, down }) {
  const normed = rmsNorm(rows, norm);
  const gated = tf.matMul(normed, gate);
  return tf.add(tf.matMul(tf.mul(tf.mul(gated, tf.sigmoid(gated)), tf.matMul(normed, up)), down), rows);
}

const apply = (rows, { attention, mlp }, tables) => feed(attend(rows, attention, tables), mlp);

/** Sum of the losses of all offsets. wasm has no gradient of `gather`, so the embedding is a product with one-hot rows. */
function lossOf({ embedding, trunk, heads, norm, unembedding }, ids, tables) {
  const oneHot = (offset) => {
    const rows = tf.slice(ids, [0, offset], [B, T]);
    return tf.cast(tf.oneHot(tf.reshape(rows, [N]), V), 'float32');
  };
  let hidden = tf.matMul(oneHot(0), embedding);
  for (const block of trunk) hidden = apply(hidden, block, tables);
  const losses = heads.map((block, i) => {
    const logits = tf.matMul(rmsNorm(apply(hidden, block, tables), norm), unembedding);
    return tf.losses.softmaxCrossEntropy(oneHot(i + 1), logits);
  });
  return tf.addN(losses);
}

const blocks = (count) => Array.from({ length: count }, createBlock);

/** A step reads no data but random tokens; its loss is read, so that all of it has been computed. */
function oneStep(model, tables, optimizer) {
  const ids = tf.randomUniform([B, T + horizon], 0, V, 'int32');
  const started = performance.now();
  const loss = optimizer.minimize(() => lossOf(model, ids, tables), true);
  loss.dataSync();
  const ms = performance.now() - started;
  tf.dispose([loss, ids]);
  return ms;
}

async function main() {
  setWasmPaths(dirname(require.resolve('@tensorflow/tfjs-backend-wasm')) + sep);
  if (!(await tf.setBackend('wasm'))) throw new Error('tfjs has no wasm backend here');
  const readout = { embedding: weight(V, D), norm: gain(), unembedding: weight(D, V) };
  const model = { ...readout, trunk: blocks(trunkBlocks), heads: blocks(horizon) };
  // The optimizer registers variables of its own later.
  const variables = Object.values(tf.engine().registeredVariables);
  const parameters = variables.reduce((sum, { size }) => sum + size, 0);
  const tables = createTables();
  const optimizer = tf.train.adam(3e-4);
  const times = Array.from({ length: steps }, () => oneStep(model, tables, optimizer)).sort((a, b) => a - b);
  const stepMs = times[times.length >> 1];
  const report = { engine: 'wasm, plain tfjs', parameters, tokensPerSecond: (N * 1_000) / stepMs, stepMs };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

main();
