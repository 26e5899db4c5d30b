import { type Engine, openEngine, type Tensor, tf } from '@foretoken/engine';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ParameterStore } from './parameter-store.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'cpu' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

const values = (tensor: Tensor | undefined) => [...tensor!.dataSync()];

test('a copy starts with the values of what it copies, whatever else was made before', () => {
  const [alone, crowded] = [0, 3].map((others) => {
    const store = new ParameterStore(engine, 7);
    for (let i = 0; i < others; i++) store.factory('trunk')(`other.${i}`, [4]);
    const source = store.factory('readout')('unembedding', [2, 3]);
    store.factory('head')('unembedding.2', [2, 3], { kind: 'copy', of: source });
    return store;
  });
  const copies = [alone, crowded].map(({ tensors }) => values(tensors.get('head/unembedding.2')));
  expect(copies[0]).toEqual(values(alone.tensors.get('readout/unembedding')));
  expect(copies[1]).toEqual(copies[0]);
  expect(new Set(copies[0]).size).toBe(6);
  for (const store of [alone, crowded]) store.dispose();
});

/** Rows (0, 1, 2) and (10, 11, 12), with copies of all columns, of columns 2 and 0, and of that copy. */
function storeOfCopies() {
  const store = new ParameterStore(engine, 0);
  const param = store.factory('head');
  const source = param('source', [2, 3], { kind: 'zeros' });
  const all = param('all', [2, 3], { kind: 'copy', of: source });
  const some = param('some', [2, 2], { kind: 'copy', of: source, columns: [2, 0] });
  const again = param('again', [2, 1], { kind: 'copy', of: some, columns: [1] });
  store.seal();
  return { store, source, all, some, again };
}
const rows = () => tf.tensor2d([0, 1, 2, 10, 11, 12], [2, 3]);

test('columns of a copy stand in the order asked for, and copies follow other starting values', () => {
  const { store, all, some, again } = storeOfCopies();
  store.start(new Map([['head/source', rows()]]));
  expect(values(all)).toEqual([0, 1, 2, 10, 11, 12]);
  expect(values(some)).toEqual([2, 0, 12, 10]);
  expect(values(again)).toEqual([0, 10]);
  store.dispose();
});

test('a copy that is given values of its own keeps them, and what copies it follows', () => {
  const { store, all, some, again } = storeOfCopies();
  store.start(
    new Map([
      ['head/some', tf.tensor2d([5, 6, 7, 8], [2, 2])],
      ['head/source', rows()],
    ]),
  );
  expect(values(all)).toEqual([0, 1, 2, 10, 11, 12]);
  expect(values(some)).toEqual([5, 6, 7, 8]);
  expect(values(again)).toEqual([6, 8]);
  store.dispose();
});

test('a step moves a weight and not its copy', () => {
  const { store, all } = storeOfCopies();
  store.replace('head/source', rows());
  expect(values(all)).toEqual([0, 0, 0, 0, 0, 0]);
  store.dispose();
});

test('a copy of another shape, of a column that is not there, or of no parameter is refused', () => {
  const store = new ParameterStore(engine, 0);
  const param = store.factory('head');
  const of = param('source', [2, 3]);
  expect(() => param('a', [3, 2], { kind: 'copy', of })).toThrow(
    'PARAMETER_INVALID: parameter "head/a": the copy has shape [2,3], was asked for as [3,2].',
  );
  for (const columns of [
    [0, 3],
    [-1, 0],
    [0.5, 0],
  ]) {
    expect(() => param('b', [2, 2], { kind: 'copy', of, columns })).toThrow(
      /PARAMETER_INVALID: parameter "head\/b": columns to copy must be integers from 0 to 2, one was /,
    );
  }
  const stranger = tf.zeros([2, 3]);
  expect(() => param('c', [2, 3], { kind: 'copy', of: stranger })).toThrow(
    'PARAMETER_INVALID: parameter "head/c": what it copies must be a parameter of the same model, made before it.',
  );
  expect([...store.tensors.keys()]).toEqual(['head/source']);
  stranger.dispose();
  store.dispose();
});
