// F inner width of a gated MLP, B rows, T nodes, H attention heads, d width of one attention head.
import { flat } from '../launcher.ts';

/** An int32 or bool buffer as float32. */
export const toFloat = flat({
  name: 'to float',
  outputs: ['y'],
  inputs: ['x: i32'],
  parameters: [],
  body: 'y[index] = f32(x[index]);',
});

const sigmoid = 'fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-x)); }';

/** silu(gate) * up. */
export const gated = flat({
  name: 'gated',
  outputs: ['inner'],
  inputs: ['gate', 'up'],
  parameters: [],
  functions: sigmoid,
  body: 'inner[index] = gate[index] * sigmoid(gate[index]) * up[index];',
});

/** From d inner: d gate, d up, and inner again. */
export const gatedGradients = flat({
  name: 'gated gradients',
  outputs: ['dGate', 'dUp', 'inner'],
  inputs: ['dInner', 'gate', 'up'],
  parameters: [],
  functions: sigmoid,
  body: `
  let s = sigmoid(gate[index]);
  let silu = gate[index] * s;
  dGate[index] = dInner[index] * up[index] * (s + silu * (1.0 - s));
  dUp[index] = dInner[index] * silu;
  inner[index] = silu * up[index];`,
});

/** Turns the pairs (j, j + d/2) of [B*T,H,d] by angles whose cosines and sines are [B*T,d/2]. One thread a pair. */
export const rotary = flat({
  name: 'rotary',
  outputs: ['y'],
  inputs: ['x', 'cosines', 'sines'],
  parameters: ['attentionHeads', 'half', 'direction: f32'],
  body: `
  let pair = index % at.half;
  let head = index / at.half;
  let angle = head / at.attentionHeads * at.half + pair;
  let low = head * 2u * at.half + pair;
  let high = low + at.half;
  let sine = sines[angle] * at.direction;
  y[low] = x[low] * cosines[angle] - x[high] * sine;
  y[high] = x[high] * cosines[angle] + x[low] * sine;`,
});

/** One AdamW step. @source Loshchilov & Hutter 2019, arXiv:1711.05101 */
export const adamw = flat({
  name: 'adamw',
  outputs: ['weight', 'moment1', 'moment2'],
  inputs: ['oldWeight', 'gradient', 'oldMoment1', 'oldMoment2'],
  parameters: [
    'gradientScale: f32',
    'beta1: f32',
    'rest1: f32',
    'beta2: f32',
    'rest2: f32',
    'rate: f32',
    'spread: f32',
    'epsilon: f32',
    'decay: f32',
  ],
  body: `
  let flow = gradient[index] * at.gradientScale;
  let first = oldMoment1[index] * at.beta1 + flow * at.rest1;
  let second = oldMoment2[index] * at.beta2 + flow * flow * at.rest2;
  moment1[index] = first;
  moment2[index] = second;
  weight[index] = oldWeight[index] * at.decay - first * at.rate / (sqrt(second * at.spread) + at.epsilon);`,
});

/** Values that one thread squares and adds up, in order. */
export const SQUARES_OF_A_THREAD = 64;

/** Sums of squares of runs of {@link SQUARES_OF_A_THREAD} values, put behind each other from `first` on. */
export const squares = flat({
  name: 'squares',
  outputs: ['sums'],
  inputs: ['x'],
  parameters: ['size', 'first'],
  body: `
  var sum = 0.0;
  let end = min(at.size, (index + 1u) * ${SQUARES_OF_A_THREAD}u);
  for (var i = index * ${SQUARES_OF_A_THREAD}u; i < end; i++) { sum += x[i] * x[i]; }
  sums[at.first + index] = sum;`,
});

/** Row v of the result is the sum of the rows order[starts[v]] .. order[starts[v+1]-1], in this order. */
export const scatter = flat({
  name: 'scatter',
  outputs: ['y'],
  inputs: ['rows', 'starts: i32', 'order: i32'],
  parameters: ['width'],
  body: `
  let row = index / at.width;
  let column = index % at.width;
  var sum = 0.0;
  for (var i = starts[row]; i < starts[row + 1u]; i++) { sum += rows[u32(order[i]) * at.width + column]; }
  y[index] = sum;`,
});
