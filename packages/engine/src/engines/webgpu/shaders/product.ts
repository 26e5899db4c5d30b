// M rows, K inner axis, N columns, P matrices in a batch.
import type { ProductOptions } from '../../../ops/kernels.ts';
import type { Shader } from '../launcher.ts';

/** Rows and columns of the block of results that one work group computes. */
export const BLOCK = 64;

/** Rows up to which a product goes column by column instead. */
export const FEW_ROWS = 8;

/** Threads along each side of a block; each computes four rows and four columns next to each other. */
const SIDE = 16;

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

const ROWS = Array.from({ length: FEW_ROWS }, (_, m) => m);

/** The sums of a column stand in variables of their own: an array of them would be kept in memory. */
const byColumn = `
@compute @workgroup_size(${BLOCK})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let n = group.x * ${BLOCK}u + lane;
  let firstA = group.z * at.M * at.K;
  let firstB = group.z * at.K * at.N;
  if (n >= at.N) { return; }
  ${ROWS.map((m) => `var sum${m} = 0.0;`).join(' ')}
  for (var k = 0u; k < at.K; k++) {
    let right = b[firstB + placeB(k, n)];
    ${ROWS.map((m) => `sum${m} = fma(a[firstA + placeA(min(${m}u, at.M - 1u), k)], right, sum${m});`).join('\n    ')}
  }
  let firstY = group.z * at.M * at.N;
  ${ROWS.map((m) => `store(firstY, ${m}u, n, sum${m});`).join('\n  ')}
}`;

/** Fills a tile [inner][outer / 4] so that neighbouring threads read neighbouring values. */
const fill = (tile: string, outer: 'm' | 'n', isInnerFirst: boolean) => `
    {
      let inner = ${isInnerFirst ? `lane % ${SIDE}u` : `lane / ${SIDE}u`};
      let outer = ${isInnerFirst ? `lane / ${SIDE}u` : `lane % ${SIDE}u`};
      let ${outer} = first_${outer} + 4u * outer;
      let k = depth + inner;
      ${tile}[inner * ${SIDE}u + outer] = vec4(
        load_${outer}(${outer}, k), load_${outer}(${outer} + 1u, k), load_${outer}(${outer} + 2u, k), load_${outer}(${outer} + 3u, k));
    }`;

const FOUR = [0, 1, 2, 3];
const COMPONENTS = ['x', 'y', 'z', 'w'];

const byBlock = (transposeA = false, transposeB = false) => `
var<workgroup> tileA: array<vec4<f32>, ${DEPTH * SIDE}>;
var<workgroup> tileB: array<vec4<f32>, ${DEPTH * SIDE}>;
var<private> firstA: u32;
var<private> firstB: u32;

fn load_m(m: u32, k: u32) -> f32 {
  if (m >= at.M || k >= at.K) { return 0.0; }
  return a[firstA + placeA(m, k)];
}

fn load_n(n: u32, k: u32) -> f32 {
  if (n >= at.N || k >= at.K) { return 0.0; }
  return b[firstB + placeB(k, n)];
}

@compute @workgroup_size(${SIDE}, ${SIDE})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(local_invocation_id) thread: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let first_m = group.y * ${BLOCK}u;
  let first_n = group.x * ${BLOCK}u;
  firstA = group.z * at.M * at.K;
  firstB = group.z * at.K * at.N;
  ${FOUR.map((row) => `var sum${row} = vec4<f32>();`).join(' ')}
  for (var depth = 0u; depth < at.K; depth += ${DEPTH}u) {
    ${fill('tileA', 'm', !transposeA)}
    ${fill('tileB', 'n', transposeB)}
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
  let firstY = group.z * at.M * at.N;
  ${FOUR.flatMap((row) => FOUR.map((column) => `store(firstY, m + ${row}u, n + ${column}u, sum${row}.${COMPONENTS[column]});`)).join('\n  ')}
}`;
