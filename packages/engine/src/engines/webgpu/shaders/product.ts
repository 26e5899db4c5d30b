// M rows, K inner axis, N columns, P matrices in a batch.
import type { Shader } from '../launcher.ts';

/** Rows and columns of the block of results that one work group computes. */
export const BLOCK = 64;

/** Rows up to which a product goes column by column instead. */
export const FEW_ROWS = 8;

/** Threads along each side of a block; each computes four rows and four columns next to each other. */
const SIDE = 16;

/** Inner indices that a work group keeps at once; as many as a side, so that its threads fill a tile in one go. */
const DEPTH = SIDE;

const FOUR = [0, 1, 2, 3];
const COMPONENTS = ['x', 'y', 'z', 'w'];
const ROWS = Array.from({ length: FEW_ROWS }, (_, m) => m);

/**
 * [P,M,K] x [P,K,N] (+ bias) (+ residual). Every value is one chain of multiply-adds over K, in order, in either shader: its
 * bits follow from its row and column.
 *
 * One shader serves for sides as they lie and transposed, with what is added and without, because a driver may take a
 * second to compile one. An operand that is missing is bound to some other buffer and not read.
 */
const BOUND = {
  outputs: ['y'],
  inputs: ['a', 'b', 'bias', 'residual'],
  parameters: ['M', 'K', 'N', 'isTransposedA', 'isTransposedB', 'hasBias', 'hasResidual'],
};

/** Reads beyond a matrix give 0. */
const ACCESS = `
var<private> firstA: u32;
var<private> firstB: u32;
var<private> firstY: u32;

fn begin(matrix: u32) {
  firstA = matrix * at.M * at.K;
  firstB = matrix * at.K * at.N;
  firstY = matrix * at.M * at.N;
}

fn load_m(m_: u32, k_: u32) -> f32 {
  let m = min(m_, at.M - 1u);
  let k = min(k_, at.K - 1u);
  let value = a[firstA + select(m * at.K + k, k * at.M + m, at.isTransposedA == 1u)];
  return select(0.0, value, m == m_ && k == k_);
}

fn load_n(n_: u32, k_: u32) -> f32 {
  let n = min(n_, at.N - 1u);
  let k = min(k_, at.K - 1u);
  let value = b[firstB + select(k * at.N + n, n * at.K + k, at.isTransposedB == 1u)];
  return select(0.0, value, n == n_ && k == k_);
}

fn store(m: u32, n: u32, product: f32) {
  if (m >= at.M || n >= at.N) { return; }
  let place = firstY + m * at.N + n;
  var sum = product;
  if (at.hasBias == 1u) { sum += bias[n]; }
  if (at.hasResidual == 1u) { sum += residual[place]; }
  y[place] = sum;
}`;

/**
 * For at most {@link FEW_ROWS} rows: a thread a column, all rows at once. The sums stand in variables of their own: an array
 * of them would be kept in memory.
 */
export const productByColumn: Shader = {
  ...BOUND,
  name: 'product by column',
  code: `${ACCESS}
@compute @workgroup_size(${BLOCK})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  begin(group.z);
  let n = group.x * ${BLOCK}u + lane;
  ${ROWS.map((m) => `var sum${m} = 0.0;`).join(' ')}
  for (var k = 0u; k < at.K; k++) {
    let right = load_n(n, k);
    ${ROWS.map((m) => `sum${m} = fma(load_m(${m}u, k), right, sum${m});`).join('\n    ')}
  }
  ${ROWS.map((m) => `store(${m}u, n, sum${m});`).join('\n  ')}
}`,
};

/** Fills a tile [inner][outer / 4] so that neighbouring threads read neighbouring values. */
const fill = (tile: string, outer: 'm' | 'n', isInnerFirst: string) => `
    {
      let isInnerFirst = ${isInnerFirst};
      let inner = select(lane / ${SIDE}u, lane % ${SIDE}u, isInnerFirst);
      let four = select(lane % ${SIDE}u, lane / ${SIDE}u, isInnerFirst);
      let k = depth + inner;
      let ${outer} = first_${outer} + 4u * four;
      ${tile}[inner * ${SIDE}u + four] = vec4(${FOUR.map((i) => `load_${outer}(${outer} + ${i}u, k)`).join(', ')});
    }`;

/** A work group a block, through tiles that its threads share. */
export const productByBlock: Shader = {
  ...BOUND,
  name: 'product by block',
  code: `${ACCESS}
var<workgroup> tileA: array<vec4<f32>, ${DEPTH * SIDE}>;
var<workgroup> tileB: array<vec4<f32>, ${DEPTH * SIDE}>;

fn storeRow(m: u32, n: u32, sums: vec4<f32>) {
  for (var i = 0u; i < 4u; i++) { store(m, n + i, sums[i]); }
}

@compute @workgroup_size(${SIDE}, ${SIDE})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) thread: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  begin(group.z);
  let first_m = group.y * ${BLOCK}u;
  let first_n = group.x * ${BLOCK}u;
  ${FOUR.map((row) => `var sum${row} = vec4<f32>();`).join(' ')}
  for (var depth = 0u; depth < at.K; depth += ${DEPTH}u) {
    ${fill('tileA', 'm', 'at.isTransposedA == 0u')}
    ${fill('tileB', 'n', 'at.isTransposedB == 1u')}
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      let left = tileA[k * ${SIDE}u + thread.y];
      let right = tileB[k * ${SIDE}u + thread.x];
      ${FOUR.map((row) => `sum${row} = fma(vec4(left.${COMPONENTS[row]}), right, sum${row});`).join('\n      ')}
    }
    workgroupBarrier();
  }
  let m = first_m + 4u * thread.y;
  let n = first_n + 4u * thread.x;
  ${FOUR.map((row) => `storeRow(m + ${row}u, n, sum${row});`).join('\n  ')}
}`,
};
