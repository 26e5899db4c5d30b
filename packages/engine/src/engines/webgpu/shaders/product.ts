// M rows, K inner axis, N columns, P matrices in a batch.
import type { ProductOptions } from '../../../ops/kernels.ts';
import type { Shader } from '../launcher.ts';

/** Rows and columns of the block of results that one work group computes. */
export const BLOCK = 64;

/** Rows up to which a product goes column by column instead. */
export const FEW_ROWS = 8;

/** Threads along each side of a block; each computes every 16th row and column of it. */
const SIDE = 16;
const OWN = BLOCK / SIDE;

/** Inner indices that a work group keeps at once. */
const DEPTH = 16;

type Flags = Pick<ProductOptions, 'transposeA' | 'transposeB'> & {
  readonly hasBias: boolean;
  readonly hasResidual: boolean;
};

/**
 * [P,M,K] x [P,K,N] (+ bias) (+ residual).
 *
 * Every value is one chain of multiply-adds over K, in order, in either shader: its bits follow from its row and column.
 * @param fewRows - for at most {@link FEW_ROWS} rows: a thread a column, all rows at once
 */
export function productShader(flags: Flags, fewRows: boolean): Shader {
  const { transposeA, transposeB, hasBias, hasResidual } = flags;
  const marks = [transposeA && 'At', transposeB && 'Bt', hasBias && 'bias', hasResidual && 'residual'].filter(Boolean);
  return {
    name: `product ${fewRows ? 'of few rows ' : ''}${marks.join(' ')}`,
    outputs: ['y'],
    inputs: ['a', 'b', ...(hasBias ? ['bias'] : []), ...(hasResidual ? ['residual'] : [])],
    parameters: ['M', 'K', 'N'],
    code: `
fn placeA(m: u32, k: u32) -> u32 { return ${transposeA ? 'k * at.M + m' : 'm * at.K + k'}; }
fn placeB(k: u32, n: u32) -> u32 { return ${transposeB ? 'n * at.K + k' : 'k * at.N + n'}; }
fn store(firstY: u32, m: u32, n: u32, sum: f32) {
  if (m >= at.M || n >= at.N) { return; }
  let place = m * at.N + n;
  y[firstY + place] = sum${hasBias ? ' + bias[n]' : ''}${hasResidual ? ' + residual[firstY + place]' : ''};
}
${fewRows ? byColumn : byBlock(transposeA, transposeB)}`,
  };
}

const byColumn = `
@compute @workgroup_size(${BLOCK})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = group.x * ${BLOCK}u + lane;
  let firstA = group.z * at.M * at.K;
  let firstB = group.z * at.K * at.N;
  if (n >= at.N) { return; }
  var sums: array<f32, ${FEW_ROWS}>;
  for (var k = 0u; k < at.K; k++) {
    let right = b[firstB + placeB(k, n)];
    for (var m = 0u; m < ${FEW_ROWS}u; m++) {
      if (m < at.M) { sums[m] = fma(a[firstA + placeA(m, k)], right, sums[m]); }
    }
  }
  for (var m = 0u; m < ${FEW_ROWS}u; m++) { store(group.z * at.M * at.N, m, n, sums[m]); }
}`;

/** Fills a tile so that neighbouring threads read neighbouring values. */
const fill = (tile: string, outer: string, isInnerFirst: boolean, value: string) => `
    for (var i = lane; i < ${DEPTH * BLOCK}u; i += ${SIDE * SIDE}u) {
      let inner = ${isInnerFirst ? `i % ${DEPTH}u` : `i / ${BLOCK}u`};
      let outer = ${isInnerFirst ? `i / ${DEPTH}u` : `i % ${BLOCK}u`};
      let k = depth + inner;
      let ${outer} = first_${outer} + outer;
      var value = 0.0;
      if (k < at.K && ${outer} < at.${outer.toUpperCase()}) { value = ${value}; }
      ${tile}[inner * ${BLOCK}u + outer] = value;
    }`;

const byBlock = (transposeA = false, transposeB = false) => `
var<workgroup> tileA: array<f32, ${DEPTH * BLOCK}>;
var<workgroup> tileB: array<f32, ${DEPTH * BLOCK}>;
@compute @workgroup_size(${SIDE}, ${SIDE})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) thread: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first_m = group.y * ${BLOCK}u;
  let first_n = group.x * ${BLOCK}u;
  let firstA = group.z * at.M * at.K;
  let firstB = group.z * at.K * at.N;
  var sums: array<f32, ${OWN * OWN}>;
  for (var depth = 0u; depth < at.K; depth += ${DEPTH}u) {
    ${fill('tileA', 'm', !transposeA, 'a[firstA + placeA(m, k)]')}
    ${fill('tileB', 'n', transposeB, 'b[firstB + placeB(k, n)]')}
    workgroupBarrier();
    for (var k = 0u; k < ${DEPTH}u; k++) {
      for (var i = 0u; i < ${OWN}u; i++) {
        let left = tileA[k * ${BLOCK}u + thread.y + i * ${SIDE}u];
        for (var j = 0u; j < ${OWN}u; j++) {
          sums[i * ${OWN}u + j] = fma(left, tileB[k * ${BLOCK}u + thread.x + j * ${SIDE}u], sums[i * ${OWN}u + j]);
        }
      }
    }
    workgroupBarrier();
  }
  for (var i = 0u; i < ${OWN}u; i++) {
    for (var j = 0u; j < ${OWN}u; j++) {
      let m = first_m + thread.y + i * ${SIDE}u;
      store(group.z * at.M * at.N, m, first_n + thread.x + j * ${SIDE}u, sums[i * ${OWN}u + j]);
    }
  }
}`;
