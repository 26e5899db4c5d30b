// B rows, T positions, S arranged nodes, D width, E readout input width, C carry width, R rows of a block, V vocabulary.
import type { HeadContext } from '../../contracts/head.ts';
import type { TrunkContext } from '../../contracts/trunk.ts';
import { describeSafely, wrong } from './failure.ts';
import type { Args } from './guard-hook.ts';
import type { Hook } from './hooks.ts';
import { isTensor, type TensorLike } from './inputs.ts';
import type { Made, ValueChecks } from './values.ts';

/** Sizes of a tensor; undefined where any will do. */
type Sizes = readonly (number | undefined)[];

/** A trunk gives states of the width and the nodes that it was asked for. */
export function trunkValues({ context }: Made): ValueChecks {
  const width = (context as Partial<TrunkContext>).dims?.width;
  return {
    embed: (value, [tokens_BT], hook) => checkTensor(hook, '', value, [...shapeOf(tokens_BT), width]),
    forward: (value, args, hook) => checkTaps(hook, value, args),
  };
}

function checkTaps(hook: Hook, value: unknown, [x_BTD, , , taps]: Args): void {
  const wanted = (taps as readonly number[]).length;
  if (!Array.isArray(value) || value.length !== wanted) {
    const got = Array.isArray(value) ? `a list of ${value.length}` : describeSafely(value);
    throw wrong(hook, `must return a list of ${wanted} tensors, one per tap, returned ${got}`);
  }
  for (const [tap, state] of value.entries()) checkTensor(hook, ` for tap ${tap + 1}`, state, shapeOf(x_BTD));
}

/** A head gives what its offset, its readouts and the trainer go on with. */
export function headValues({ made, context }: Made): ValueChecks {
  const readout = (context as Partial<HeadContext>).readout;
  // What a readout of the head's own reads, is the head's own affair.
  const width = made.readout === undefined ? readout?.weight_EV?.shape[0] : undefined;
  return {
    forward: (value, args, hook) => checkOutput(hook, value, args, width),
    readout: (value, _args, hook) => checkReadout(hook, value),
    arrange: (value, [batch], hook) => checkArrangement(hook, value, batch as { readonly x_BTD: unknown }),
    objectives: (value, _args, hook) => checkObjectives(hook, value),
    rows: (value, [logits_RV], hook) => checkRows(hook, value, shapeOf(logits_RV)),
  };
}

function checkOutput(hook: Hook, value: unknown, [offset, input]: Args, width: number | undefined): void {
  const [B, T] = shapeOf((input as { readonly trunk: readonly unknown[] }).trunk[0]);
  const of = ` for offset ${offset}`;
  if (isTensor(value)) {
    checkTensor(hook, of, value, [B, T, width]);
    return;
  }
  const { hidden_BTE, carry_BTC } = Object(value) as Readonly<Record<string, unknown>>;
  if (hidden_BTE === undefined || carry_BTC === undefined) {
    throw wrong(hook, `must return a tensor or { hidden_BTE, carry_BTC }${of}, returned ${describeSafely(value)}`);
  }
  checkTensor(hook, ` as hidden_BTE${of}`, hidden_BTE, [B, T, width]);
  checkTensor(hook, ` as carry_BTC${of}`, carry_BTC, [B, T, undefined]);
}

function checkReadout(hook: Hook, value: unknown): void {
  if (value === undefined) return;
  checkTensor(hook, ' as weight_EV', (Object(value) as { weight_EV?: unknown }).weight_EV, [undefined, undefined]);
}

function checkArrangement(hook: Hook, value: unknown, { x_BTD }: { readonly x_BTD: unknown }): void {
  const { x_BSD, at, columns_BT } = Object(value) as Readonly<Record<string, unknown>>;
  const [B, T, D] = shapeOf(x_BTD);
  checkTensor(hook, ' as x_BSD', x_BSD, [B, undefined, D]);
  const [, S] = shapeOf(x_BSD);
  const nodes = Object(at) as { readonly B?: unknown; readonly T?: unknown };
  if (nodes.B !== B || nodes.T !== S) {
    throw wrong(hook, `must give nodes of ${B} rows of ${S} in "at", gave ${nodes.B} of ${nodes.T}`, 'SHAPE_MISMATCH');
  }
  const isColumn = (node: number) => node >= 0 && node < (S as number);
  if (columns_BT instanceof Int32Array && columns_BT.length === B * T && columns_BT.every(isColumn)) return;
  const got = columns_BT instanceof Int32Array ? `${columns_BT.length} numbers` : describeSafely(columns_BT);
  throw wrong(hook, `must give columns_BT as an Int32Array of ${B * T} nodes in 0..${(S as number) - 1}, gave ${got}`);
}

function checkObjectives(hook: Hook, value: unknown): void {
  if (!Array.isArray(value) || value.length === 0) {
    throw wrong(hook, `must return a list of at least one objective, returned ${describeSafely(value)}`);
  }
  const names = new Set<unknown>();
  for (const objective of value as readonly unknown[]) names.add(checkObjective(hook, objective));
  if (names.size < value.length) throw wrong(hook, 'must give each objective a name of its own, repeated one');
}

function checkObjective(hook: Hook, objective: unknown): string {
  const parts = Object(objective) as Readonly<Record<string, unknown>>;
  const { name } = parts;
  if (typeof name !== 'string' || name === '') {
    throw wrong(hook, `must give each objective a name, gave ${describeSafely(objective)}`);
  }
  const of = ` of objective ${JSON.stringify(name)}`;
  if ('value' in parts) {
    checkTensor(hook, ` as value${of}`, parts.value, []);
    return name;
  }
  checkTensor(hook, ` as hidden_NE${of}`, parts.hidden_NE, [undefined, undefined]);
  checkReadout(hook, parts.readout ?? {});
  if (typeof parts.rows !== 'function') {
    throw wrong(hook, `must give a function as rows${of}, gave ${describeSafely(parts.rows)}`);
  }
  if (!Number.isFinite(parts.validRows) || (parts.validRows as number) < 0) {
    throw wrong(hook, `must give a count >= 0 as validRows${of}, gave ${describeSafely(parts.validRows)}`);
  }
  return name;
}

/** @param sizes - [R, V] of the logits that the loss is of */
function checkRows(hook: Hook, value: unknown, [R, V]: readonly number[]): void {
  const { loss_R, dLogits_RV } = Object(value) as { readonly loss_R?: unknown; readonly dLogits_RV?: unknown };
  checkTensor(hook, ' as loss_R', loss_R, [R]);
  checkTensor(hook, ' as dLogits_RV', dLogits_RV, [R, V]);
}

/** @throws SHAPE_MISMATCH; PLUGIN_INVALID for what is no tensor of float32 that is alive */
function checkTensor(hook: Hook, as: string, value: unknown, sizes: Sizes): void {
  if (!isTensor(value)) throw wrong(hook, `must return a tensor${as}, returned ${describeSafely(value)}`);
  if (value.isDisposed) throw wrong(hook, `must return a live tensor${as}, returned one that is disposed`);
  if (value.dtype !== 'float32') throw wrong(hook, `must return float32${as}, returned ${value.dtype}`);
  if (fits(value, sizes)) return;
  const wanted = `[${sizes.map((size) => size ?? 'any').join(', ')}]`;
  throw wrong(hook, `must return shape ${wanted}${as}, returned [${value.shape.join(', ')}]`, 'SHAPE_MISMATCH');
}

function fits({ shape }: TensorLike, sizes: Sizes): boolean {
  if (shape.length !== sizes.length) return false;
  for (let axis = 0; axis < sizes.length; axis++) {
    if (sizes[axis] !== undefined && sizes[axis] !== shape[axis]) return false;
  }
  return true;
}

const shapeOf = (value: unknown): readonly number[] => (isTensor(value) ? value.shape : []);
