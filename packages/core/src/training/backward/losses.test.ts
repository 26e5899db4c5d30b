// What is asked of `linearLoss`, and where its answers go, by hand; that both are right together is shown in backward.test.ts.
import type { LinearLossOptions, LinearLossResult, LossPart, Readout, Seed, Tensor } from '@foretoken/engine';
import { openEngine } from '@foretoken/engine';
import { beforeAll, expect, test } from 'vitest';
import type { Objective } from '../../contracts/head.ts';
import type { LanguageModel } from '../../contracts/model.ts';
import type { BackwardRequest } from './backward.ts';
import type { Gathered } from './gathered.ts';
import { addLosses, takesPart, tensorsOf } from './losses.ts';

// A value's gradient is a tensor of its own.
beforeAll(() => openEngine({ name: 'cpu' }));

/** A tensor that knows its numbers, and whether it was freed. */
interface Named {
  readonly id: number;
  readonly name: string;
  isFreed: boolean;
}
let numTensors = 0;
const named = (name: string, ...values: number[]) => {
  const own = { id: numTensors++, name, isFreed: false, dataSync: () => Float32Array.from(values) };
  const dispose = () => {
    own.isFreed = true;
  };
  return Object.assign(own, { dispose }) as unknown as Tensor & Named;
};

const rows = () => ({}) as never;
const rowTerm = (name: string, readout: Readout, validRows = 1) => {
  return { name, hidden_NE: named(`hidden of ${name}`), readout, rows, validRows } as unknown as Objective;
};
const valueTerm = (name: string, value: number): Objective => ({ name, value: named(name, value) as never });
const readoutOf = (weight_EV: Tensor, gain_E?: Tensor, bias_V?: Tensor) =>
  ({ weight_EV, ...(gain_E && { gain_E }), ...(bias_V && { bias_V }) }) as Readout;

interface Call {
  readonly readout: Readout;
  readonly parts: readonly LossPart[];
  readonly options: LinearLossOptions;
}

/** Adds the losses of objectives; the loss of each row, call by call and part by part, is listed. */
function added(
  objectives: readonly Objective[],
  losses: readonly (readonly number[])[][],
  { trained = [], absent = [], ...given }: { trained?: Tensor[]; absent?: string[] } & Partial<BackwardRequest> = {},
) {
  const calls: Call[] = [];
  const freed: Named[] = [];
  const linearLoss = (readout: Readout, parts: readonly LossPart[], options: LinearLossOptions) => {
    const loss_N = losses[calls.length].map((values) => named('loss', ...values));
    freed.push(...loss_N);
    calls.push({ readout, parts, options });
    const gradients = { dGain_E: named('dGain'), dWeight_EV: named('dWeight'), dBias_V: named('dBias') };
    const there = Object.entries(gradients).filter(([name]) => !absent.includes(name));
    return {
      ...{ loss_N, dHidden_NE: parts.map((_, i) => named(`d ${i}`)) },
      ...Object.fromEntries(there),
    } as unknown as LinearLossResult;
  };
  const sums: [string, string][] = [];
  const norms: [string, number, string[]][] = [];
  const into = {
    losses: new Map<string, number>(),
    trains: (tensor: Tensor) => trained.includes(tensor),
    add: (at: Named, gradient: Named) => sums.push([at.name, gradient.name]),
    addNorm: (term: string, weight: number, of: Named[]) => norms.push([term, weight, of.map(({ name }) => name)]),
  };
  const seeds: Seed[] = [];
  const request = { weight: () => 1, batches: 1, ...given } as unknown as BackwardRequest;
  const model = { engine: { ops: { linearLoss } } } as unknown as LanguageModel;
  addLosses(model, request, objectives, { into: into as unknown as Gathered, seeds });
  return { calls, losses: Object.fromEntries(into.losses), seeds, sums, norms, freed };
}

const seedNames = (seeds: readonly Seed[]) =>
  seeds.map(({ at, gradient }) => [at, gradient].map((tensor) => (tensor as unknown as Named).name));

test('a term of rows costs the mean over its valid rows, and its rows’ losses are freed', () => {
  const readout = readoutOf(named('weight'));
  const { losses, freed } = added([rowTerm('a', readout, 4), rowTerm('b', readout, 2)], [[[1, 2, 3], [0.5]]]);
  expect(losses).toEqual({ a: 1.5, b: 0.25 });
  expect(freed.map(({ isFreed }) => isFreed)).toEqual([true, true]);
});

test('rows are added up in their order, in float64', () => {
  const values = [2 ** 24, 1, 1, -(2 ** 24)];
  expect(added([rowTerm('a', readoutOf(named('weight')))], [[values]]).losses).toEqual({ a: 2 });
});

test('a part is scaled by its term’s weight over its valid rows, and gradients are asked for', () => {
  const readout = readoutOf(named('weight'));
  const weights: Record<string, number> = { a: 3, b: 0.5 };
  const { calls } = added([rowTerm('a', readout, 4), rowTerm('b', readout, 2)], [[[1], [1]]], {
    weight: (term) => weights[term],
  });
  const [{ parts, options }] = calls;
  expect(parts.map(({ scale }) => scale)).toEqual([0.75, 0.25]);
  expect(parts.map(({ hidden_NE }) => (hidden_NE as unknown as Named).name)).toEqual(['hidden of a', 'hidden of b']);
  expect(parts.every((part) => part.rows === rows)).toBe(true);
  expect(options.gradients).toBe(true);
});

test('terms share a call if weight, gain and bias of their readouts are the same tensors, and else have their own', () => {
  const [weight, other, gain, gain2, bias] = ['weight', 'other', 'gain', 'gain2', 'bias'].map((name) => named(name));
  const readouts = [
    readoutOf(weight, gain),
    readoutOf(other, gain),
    readoutOf(weight, gain2),
    readoutOf(weight, gain, bias),
    readoutOf(weight, gain),
    readoutOf(weight),
    readoutOf(weight, undefined, gain),
  ];
  const terms = readouts.map((readout, i) => rowTerm(`${i}`, readout));
  const { calls } = added(terms, [[[0], [0]], [[0]], [[0]], [[0]], [[0]], [[0]]]);
  const grouped = calls.map(({ parts }) =>
    parts.map(({ hidden_NE }) => (hidden_NE as unknown as Named).name.slice(-1)),
  );
  expect(grouped).toEqual([['0', '4'], ['1'], ['2'], ['3'], ['5'], ['6']]);
  expect(calls.map(({ readout }) => readout)).toEqual([0, 1, 2, 3, 5, 6].map((i) => readouts[i]));
});

test('the backward pass starts from the hidden states of row terms, then from the values on the tape', () => {
  const readout = readoutOf(named('weight'));
  const terms = [valueTerm('value', 6), rowTerm('a', readout), rowTerm('b', readout)];
  const { seeds, losses } = added(terms, [[[1], [2]]], { batches: 4, weight: (term) => (term === 'value' ? 2 : 1) });
  expect(seedNames(seeds.slice(0, 2))).toEqual([
    ['hidden of a', 'd 0'],
    ['hidden of b', 'd 1'],
  ]);
  expect(seeds).toHaveLength(3);
  expect((seeds[2].at as unknown as Named).name).toBe('value');
  // A value is averaged over the batches of the step.
  expect([...seeds[2].gradient.dataSync()]).toEqual([0.5]);
  expect(losses).toEqual({ a: 1, b: 2, value: 1.5 });
  seeds[2].gradient.dispose();
});

test('gradients of a readout go to its own tensors, those that there are', () => {
  const [weight, gain, bias] = [named('weight'), named('gain'), named('bias')];
  const sums = (readout: Readout, absent: string[] = []) => added([rowTerm('a', readout)], [[[0]]], { absent }).sums;
  expect(sums(readoutOf(weight, gain, bias))).toEqual([
    ['gain', 'dGain'],
    ['weight', 'dWeight'],
    ['bias', 'dBias'],
  ]);
  expect(sums(readoutOf(weight))).toEqual([['weight', 'dWeight']]);
  expect(sums(readoutOf(weight, gain, bias), ['dGain_E', 'dWeight_EV', 'dBias_V'])).toEqual([]);
});

test('a readout is frozen if none of its tensors trains', () => {
  const [weight, gain, bias] = [named('weight'), named('gain'), named('bias')];
  const isFrozen = (readout: Readout, ...trained: Tensor[]) =>
    added([rowTerm('a', readout)], [[[0]]], { trained }).calls[0].options.frozenReadout;
  const whole = readoutOf(weight, gain, bias);
  expect([isFrozen(whole), isFrozen(whole, named('another')), isFrozen(readoutOf(weight))]).toEqual([true, true, true]);
  expect([weight, gain, bias].map((trained) => isFrozen(whole, trained))).toEqual([false, false, false]);
  expect(isFrozen(readoutOf(weight), gain)).toBe(true);
});

test('norms are noted of row terms alone, with their weights, where they are asked for', () => {
  const readout = readoutOf(named('weight'));
  const terms = [rowTerm('a', readout), valueTerm('value', 1)];
  const asked = { norms: true, weight: () => 3 };
  for (const [given, norms] of [
    [asked, [['a', 3, ['d 0']]]],
    [{}, []],
  ] as const) {
    const found = added(terms, [[[0]]], given);
    expect(found.norms).toEqual(norms);
    found.seeds[1].gradient.dispose();
  }
});

test('a term takes part if it weighs something and has a row with a target, or is a value', () => {
  const readout = readoutOf(named('weight'));
  const takes = (objective: Objective, weight: number) => takesPart({ weight: () => weight }, objective);
  expect([takes(rowTerm('a', readout, 1), 1e-9), takes(rowTerm('a', readout, 1), 0)]).toEqual([true, false]);
  expect(takes(rowTerm('a', readout, 0), 1)).toBe(false);
  expect([takes(valueTerm('value', 1), 1), takes(valueTerm('value', 1), 0)]).toEqual([true, false]);
  const asked: string[] = [];
  takesPart({ weight: (term) => asked.push(term) }, rowTerm('a', readout));
  expect(asked).toEqual(['a']);
});

test('an objective keeps its value, or its hidden states and whatever else its rows read', () => {
  const value = valueTerm('value', 1);
  expect(tensorsOf(value)).toEqual([(value as { value: unknown }).value]);
  const term = rowTerm('a', readoutOf(named('weight'))) as Extract<Objective, { rows: unknown }>;
  const teacher = named('teacher');
  expect(tensorsOf(term)).toEqual([term.hidden_NE]);
  expect(tensorsOf({ ...term, uses: [teacher] })).toEqual([term.hidden_NE, teacher]);
});
