// B rows, T nodes, N rows, R rows of a block, V vocabulary.
import type { EngineOps, Nodes, RowLoss, Tensor, Tensor1D, Tensor2D, Tensor4D } from '@foretoken/engine';
import * as reference from '@foretoken/engine/reference';
import { Tensor64, Weight64 } from './tensor64.ts';

type Array64 = reference.Array64;

/**
 * `ops` carried out by the float64 reference: forward only. A model built on it computes what the same model computes
 * on an engine, with nine digits more, so that finite differences of it judge gradients to 1e-4.
 *
 * Weights stay the model's float32 tensors; {@link ReferenceOps.weights} puts float64 values in their place, by the
 * tensor's id, so that a difference may be smaller than float32 can say.
 */
export class ReferenceOps {
  readonly weights = new Map<number, Float64Array>();
  readonly ops: EngineOps;

  constructor() {
    const lift = (x: Tensor) => this.#lift(x);
    this.ops = {
      ...elementwiseOps(lift),
      ...shapeOps(lift),
      ...reduceOps(lift),
      ...creatingOps(lift),
      ...linearOps(lift),
      ...lossOps(lift),
    };
  }

  /** A weight as a head should get it. */
  weight<T extends Tensor>(weight: Tensor): T {
    return new Weight64(weight, () => this.#lift(weight).values).asTensor<T>();
  }

  #lift(x: Tensor | Tensor64): Array64 {
    if (x instanceof Weight64) return { shape: x.shape, values: x.dataSync() };
    if (x instanceof Tensor64) return x;
    return { shape: x.shape, values: this.weights.get(x.id) ?? Float64Array.from(x.dataSync()) };
  }
}

type Lift = (x: Tensor) => Array64;

const lower = <T extends Tensor>(x: Array64): T => new Tensor64(x).asTensor<T>();

const absent = (operation: string) => (): never => {
  throw new Error(`the float64 reference has no ${operation}`);
};

function elementwiseOps(lift: Lift) {
  const unary =
    (f: (x: Array64) => Array64) =>
    <T extends Tensor>(x: T) =>
      lower<T>(f(lift(x)));
  const binary =
    (f: (a: Array64, b: Array64 | number) => Array64) =>
    <T extends Tensor>(a: T, b: Tensor | number) =>
      lower<T>(f(lift(a), typeof b === 'number' ? b : lift(b)));
  return {
    add: binary(reference.add),
    sub: binary(reference.sub),
    mul: binary(reference.mul),
    div: binary(reference.div),
    maximum: binary(reference.maximum),
    minimum: binary(reference.minimum),
    neg: unary(reference.neg),
    exp: unary(reference.exp),
    log: unary(reference.log),
    sqrt: unary(reference.sqrt),
    square: unary(reference.square),
    abs: unary(reference.abs),
    tanh: unary(reference.tanh),
    sigmoid: unary(reference.sigmoid),
    silu: <T extends Tensor>(x: T, { residual }: { residual?: T } = {}) => {
      const y = reference.silu(lift(x));
      return lower<T>(residual ? reference.add(y, lift(residual)) : y);
    },
    relu: unary(reference.relu),
    softplus: unary(reference.softplus),
    where: <T extends Tensor>(condition: Tensor, a: T, b: T) =>
      lower<T>(reference.where(lift(condition).values, lift(a), lift(b))),
  } satisfies Partial<EngineOps>;
}

function shapeOps(lift: Lift) {
  const slice = <T extends Tensor>(x: T, begin: readonly number[], size: readonly number[]) => {
    const from = lift(x);
    const whole = size.map((length, axis) => (length === -1 ? from.shape[axis] - begin[axis] : length));
    return lower<T>(reference.slice(from, begin, whole));
  };
  return {
    slice,
    reshape: <T extends Tensor>(x: Tensor, shape: readonly number[]) => {
      const known = shape.reduce((product, size) => (size === -1 ? product : product * size), 1);
      const { values } = lift(x);
      return lower<T>({ values, shape: shape.map((size) => (size === -1 ? values.length / known : size)) });
    },
    transpose: <T extends Tensor>(x: T, permutation?: readonly number[]) =>
      lower<T>(reference.transpose(lift(x), permutation)),
    concat: <T extends Tensor>(parts: readonly T[], axis: number) =>
      lower<T>(reference.concat(parts.map(lift), axis < 0 ? axis + parts[0].shape.length : axis)),
    split: <T extends Tensor>(x: T, parts: number | readonly number[], axis: number): T[] => {
      const at = axis < 0 ? axis + x.shape.length : axis;
      const sizes = typeof parts === 'number' ? Array<number>(parts).fill(x.shape[at] / parts) : parts;
      return sizes.map((length, i) => {
        const before = sizes.slice(0, i).reduce((sum, size) => sum + size, 0);
        const begin = x.shape.map((_, a) => (a === at ? before : 0));
        return slice(x, begin, x.shape.with(at, length));
      });
    },
    stack: <T extends Tensor>(parts: readonly Tensor[], axis = 0) => {
      const expanded = parts.map(lift).map(({ shape, values }) => ({ values, shape: shape.toSpliced(axis, 0, 1) }));
      return lower<T>(reference.concat(expanded, axis));
    },
    gatherRows: <T extends Tensor>(x: T, rows: Int32Array | readonly number[]) =>
      lower<T>(reference.gatherRows(lift(x), [...rows])),
  } satisfies Partial<EngineOps>;
}

function reduceOps(lift: Lift) {
  const reduce =
    (f: (x: Array64, axis?: reference.Axis, keepDims?: boolean) => Array64) =>
    <T extends Tensor>(x: Tensor, axis?: number | readonly number[], keepDims?: boolean) =>
      lower<T>(f(lift(x), axis, keepDims));
  return {
    sum: reduce(reference.sum),
    mean: reduce(reference.mean),
    max: reduce(reference.max),
    softmax: <T extends Tensor>(x: T) => lower<T>(reference.softmax(lift(x))),
    logSoftmax: <T extends Tensor>(x: T) => lower<T>(reference.logSoftmax(lift(x))),
    logSumExp: <T extends Tensor>(x: Tensor, axis?: number, keepDims?: boolean) =>
      lower<T>(reference.logSumExp(lift(x), axis, keepDims)),
    argmax: <T extends Tensor>(x: Tensor) => lower<T>(reference.argmax(lift(x))),
    topK: absent('topK'),
    sample: absent('sample'),
  } satisfies Partial<EngineOps>;
}

function creatingOps(lift: Lift) {
  const full = <T extends Tensor>(shape: readonly number[], value: number) =>
    lower<T>(reference.fill(shape, () => value));
  return {
    full,
    constant: <T extends Tensor>(values: ArrayLike<number>, shape: readonly number[]) =>
      lower<T>({ shape, values: Float64Array.from(values) }),
    zeros: <T extends Tensor>(shape: readonly number[]) => full<T>(shape, 0),
    ones: <T extends Tensor>(shape: readonly number[]) => full<T>(shape, 1),
    stopGradient: <T extends Tensor>(x: T) => lower<T>(lift(x)),
  } satisfies Partial<EngineOps>;
}

function linearOps(lift: Lift) {
  const optional = (x: Tensor | undefined) => (x === undefined ? undefined : lift(x));
  return {
    matmul: <T extends Tensor>(a: T, b: T) => lower<T>(reference.matmul(lift(a), lift(b))),
    linear: <T extends Tensor>(x: T, weight_IO: Tensor2D, options: { bias_O?: Tensor1D; residual?: T } = {}) =>
      lower<T>(reference.linear(lift(x), lift(weight_IO), optional(options.bias_O), optional(options.residual))),
    rmsNorm: <T extends Tensor>(x: T, gain_D: Tensor1D, epsilon?: number) =>
      lower<T>(reference.rmsNorm(lift(x), lift(gain_D), epsilon)),
    rotary: (x, at, base) => lower(reference.rotary(lift(x), at.position_BT, base)),
    attention: (q, k, v, at, kv) => {
      if ('join' in kv) throw new Error('the float64 reference has no attention with a past');
      if (isUnrolled(kv)) return lower(unrolledAttention(lift(q), { k, v }, at, kv, lift));
      return lower(reference.attention(lift(q), lift(k), lift(v), ancestry(at)));
    },
    gatedMlp: (x, { gate_DF, up_DF, down_FD }, { residual } = {}) =>
      lower(reference.gatedMlp(lift(x), lift(gate_DF), lift(up_DF), lift(down_FD), optional(residual))),
    embed: (tokens_BT, table_VD) => {
      const { values, shape } = lift(tokens_BT);
      return lower(reference.embed([...values], shape as readonly number[] as [number, number], lift(table_VD)));
    },
  } satisfies Partial<EngineOps>;
}

/** Which nodes see which in a forward without a past. */
function ancestry({ T, parent_BT }: Nodes): (row: number, node: number, key: number) => boolean {
  return (row, node, key) => reference.isAncestor(parent_BT.subarray(row * T, (row + 1) * T), node, key);
}

/** The engine's memory of a forward in which the offsets share one: what earlier calls of attention brought. */
interface Unrolled {
  readonly calls: readonly { readonly k: Tensor4D; readonly v: Tensor4D }[];
  append(at: Nodes, brought: { readonly k: Tensor4D; readonly v: Tensor4D }): void;
  readonly textNodes: Nodes | undefined;
}

const isUnrolled = (kv: object): kv is Unrolled => 'calls' in kv && 'append' in kv;

/** Attention over the nodes of every call so far, each call's node a child of the last one's of its column. */
function unrolledAttention(q: Array64, brought: Unrolled['calls'][0], at: Nodes, kv: Unrolled, lift: Lift): Array64 {
  kv.append(at, brought);
  const { T } = at;
  const first = (kv.calls.length - 1) * T;
  const parentOf = (row: number, node: number) =>
    node < T ? (kv.textNodes as Nodes).parent_BT[row * T + node] : node - T;
  const sees = (row: number, node: number, key: number) => {
    for (let one = first + node; one >= 0; one = parentOf(row, one)) if (one === key) return true;
    return false;
  };
  const whole = (part: 'k' | 'v') =>
    reference.concat(
      kv.calls.map((call) => lift(call[part])),
      1,
    );
  return reference.attention(q, whole('k'), whole('v'), sees);
}

function lossOps(lift: Lift) {
  return {
    readoutLogits: (hidden_NE, { weight_EV, gain_E, bias_V }) =>
      lower(reference.readoutLogits(lift(hidden_NE), lift(weight_EV), gain_E && lift(gain_E), bias_V && lift(bias_V))),
    crossEntropyRows:
      (target_N: Int32Array): RowLoss =>
      (logits_RV, firstRow) => {
        const logits = lift(logits_RV);
        const [R, V] = logits.shape;
        const target_R = target_N.subarray(firstRow, firstRow + R);
        const p = reference.softmax(logits);
        const dLogits = reference.fill([R, V], (i) => {
          const target = target_R[Math.floor(i / V)];
          return target < 0 ? 0 : p.values[i] - Number(i % V === target);
        });
        return { loss_R: lower(reference.crossEntropy(logits, target_R)), dLogits_RV: lower(dLogits) };
      },
    transformerStack: absent('transformerStack'),
    pickRows: absent('pickRows'),
    hostLogits: absent('hostLogits'),
    linearLoss: absent('linearLoss'),
    adamw: absent('adamw'),
    sumOfSquares: absent('sumOfSquares'),
  } satisfies Partial<EngineOps>;
}
