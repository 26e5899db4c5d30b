// N rows, D width, R rows of a block, V vocabulary.
import { LANES, type Shader } from '../launcher.ts';

/** Sums, or takes the largest, of one value of each thread of a work group, in a fixed order; all threads get it. */
const together = `
var<workgroup> parts: array<f32, ${LANES}>;
fn summed(lane: u32, value: f32) -> f32 {
  parts[lane] = value;
  workgroupBarrier();
  for (var half = ${LANES / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { parts[lane] += parts[lane + half]; }
    workgroupBarrier();
  }
  let total = parts[0];
  workgroupBarrier();
  return total;
}
fn largest(lane: u32, value: f32) -> f32 {
  parts[lane] = value;
  workgroupBarrier();
  for (var half = ${LANES / 2}u; half > 0u; half /= 2u) {
    if (lane < half) { parts[lane] = max(parts[lane], parts[lane + half]); }
    workgroupBarrier();
  }
  let total = parts[0];
  workgroupBarrier();
  return total;
}`;

/** A shader whose work groups each compute one of `at.count` rows, numbered by `row`, `lane` by `lane`. */
function ofRows(shader: Omit<Shader, 'code'> & { readonly body: string }): Shader {
  const { body, ...rest } = shader;
  const code = `${together}
@compute @workgroup_size(${LANES})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.y * groups.x + group.x;
  if (row >= at.count) { return; }
  ${body}
}`;
  return { ...rest, parameters: ['count', ...rest.parameters], code };
}

/** x / sqrt(mean(x^2) + epsilon) * gain. */
export const rmsNorm = ofRows({
  name: 'rms norm',
  outputs: ['y'],
  inputs: ['x', 'gain'],
  parameters: ['width', 'epsilon: f32'],
  body: `
  let first = row * at.width;
  var squares = 0.0;
  for (var j = lane; j < at.width; j += ${LANES}u) { squares += x[first + j] * x[first + j]; }
  let inverse = 1.0 / sqrt(summed(lane, squares) / f32(at.width) + at.epsilon);
  for (var j = lane; j < at.width; j += ${LANES}u) { y[first + j] = x[first + j] * inverse * gain[j]; }`,
});

/** With r the reciprocal of the root mean square: dx = r (g dy) - x r^3 mean(g dy x), and r for {@link gainGradient}. */
export const rmsNormInputGradient = ofRows({
  name: 'rms norm input gradient',
  outputs: ['dx', 'inverses'],
  inputs: ['dy', 'x', 'gain'],
  parameters: ['width', 'epsilon: f32', 'scale: f32'],
  body: `
  let first = row * at.width;
  var squares = 0.0;
  var along = 0.0;
  for (var j = lane; j < at.width; j += ${LANES}u) {
    squares += x[first + j] * x[first + j];
    along += dy[first + j] * gain[j] * x[first + j];
  }
  let inverse = 1.0 / sqrt(summed(lane, squares) / f32(at.width) + at.epsilon);
  let shared_ = summed(lane, along) / f32(at.width) * inverse * inverse * inverse;
  for (var j = lane; j < at.width; j += ${LANES}u) {
    dx[first + j] = (dy[first + j] * gain[j] * inverse - x[first + j] * shared_) * at.scale;
  }
  if (lane == 0u) { inverses[row] = inverse; }`,
});

/** The sum over rows of dy x r, for each column: a work group a column. */
export const rmsNormGainGradient = ofRows({
  name: 'rms norm gain gradient',
  outputs: ['dGain'],
  inputs: ['dy', 'x', 'inverses'],
  parameters: ['rows', 'scale: f32'],
  body: `
  var sum = 0.0;
  for (var n = lane; n < at.rows; n += ${LANES}u) {
    sum += dy[n * at.count + row] * x[n * at.count + row] * inverses[n];
  }
  let total = summed(lane, sum);
  if (lane == 0u) { dGain[row] = total * at.scale; }`,
});

/** log(sum(exp)) less the target's logit, and softmax less one-hot; zeros where the target is -1. */
export const crossEntropy = ofRows({
  name: 'cross-entropy',
  outputs: ['loss', 'dLogits'],
  inputs: ['logits', 'classes: i32'],
  parameters: ['vocabulary'],
  body: `
  let first = row * at.vocabulary;
  let wanted = classes[row];
  var most = logits[first];
  for (var j = lane; j < at.vocabulary; j += ${LANES}u) { most = max(most, logits[first + j]); }
  most = largest(lane, most);
  var exponentials = 0.0;
  for (var j = lane; j < at.vocabulary; j += ${LANES}u) { exponentials += exp(logits[first + j] - most); }
  let total = summed(lane, exponentials);
  for (var j = lane; j < at.vocabulary; j += ${LANES}u) {
    let p = exp(logits[first + j] - most) / total;
    dLogits[first + j] = select(p - select(0.0, 1.0, i32(j) == wanted), 0.0, wanted < 0);
  }
  if (lane == 0u) {
    loss[row] = select(log(total) - (logits[first + u32(max(wanted, 0))] - most), 0.0, wanted < 0);
  }`,
});
