// N rows, D inner axis, F columns of a product.
import { beforeAll, expect, test } from 'vitest';
import { nameOfKernels } from '../engines/native.ts';
import { ForetokenError } from '../errors.ts';
import { listEngines, openEngine } from '../open-engine.ts';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../tensor.ts';
import { PRESENT } from '../testing/present.ts';
import { type Addon, loadAddon } from './addon.ts';

const chip = (set: string, instruction: string) =>
  ({ instructionSet: () => set, bfloat16Instruction: () => instruction }) as Addon;

test('the fingerprint tells products in bfloat16 from those of rounded float32, and both from float32', () => {
  expect(nameOfKernels(chip('avx512', 'vdpbf16ps'), 'bfloat16')).toBe('native-avx512-bfloat16-vdpbf16ps');
  expect(nameOfKernels(chip('avx512', ''), 'bfloat16')).toBe('native-avx512-bfloat16');
  expect(nameOfKernels(chip('avx512', 'vdpbf16ps'), 'float32')).toBe('native-avx512');
});

const isPresent = PRESENT.includes('native');

beforeAll(async () => {
  if (isPresent) await openEngine({ name: 'native' });
});

test.runIf(isPresent)('an instruction set without products in bfloat16 says so', () => {
  const { addon } = loadAddon();
  const set = addon.instructionSet();
  addon.useInstructionSet('scalar');
  expect(addon.bfloat16Instruction()).toBe('');
  addon.useInstructionSet(set);
  expect(() => addon.useInstructionSet('abacus')).toThrow(ForetokenError);
});

/** Numbers that bfloat16 holds, whose products and sums float32 holds. */
const eighths = (shape: number[]): Tensor =>
  tf.tensor(
    Array.from({ length: shape.reduce((a, b) => a * b) }, (_, at) => (((at * 37) % 23) - 11) / 8),
    shape,
  );

test.runIf(isPresent)('products of numbers that bfloat16 holds are exact in either precision', async () => {
  const x_ND = eighths([3, 17]) as Tensor2D;
  const weight_DF = eighths([17, 33]) as Tensor2D;
  const bias_F = eighths([33]) as Tensor1D;
  const [x, w, b] = [x_ND, weight_DF, bias_F].map((tensor) => tensor.dataSync());
  const expected = Array.from({ length: 3 * 33 }, (_, at) => {
    let sum = b[at % 33];
    for (let k = 0; k < 17; k++) sum += x[Math.floor(at / 33) * 17 + k] * w[k * 33 + (at % 33)];
    return sum;
  });
  for (const precision of ['float32', 'bfloat16'] as const) {
    const { ops } = await openEngine({ name: 'native', precision });
    const y_NF = ops.linear(x_ND, weight_DF, { bias_O: bias_F });
    expect([...y_NF.dataSync()]).toEqual(expected);
    y_NF.dispose();
  }
  tf.dispose([x_ND, weight_DF, bias_F]);
});

test.runIf(isPresent)('inputs of products lose what bfloat16 cannot hold', async () => {
  const x_ND = tf.tensor2d([[1 + 2 ** -9, 1 + 2 ** -7]]);
  const one_DD = tf.tensor2d([
    [1, 0],
    [0, 1],
  ]);
  const { ops } = await openEngine({ name: 'native', precision: 'bfloat16' });
  const y_ND = ops.linear(x_ND, one_DD);
  expect([...y_ND.dataSync()]).toEqual([1, 1 + 2 ** -7]);
  tf.dispose([x_ND, one_DD, y_ND]);
});

test.runIf(isPresent)('the engine says how it multiplies bfloat16', async () => {
  const { detail } = (await listEngines()).find(({ name }) => name === 'native')!;
  expect(detail).toMatch(/^C\+\+ kernels for \w+, bfloat16 (native|rounded), \d+ threads? /);
  const { fingerprint } = await openEngine({ name: 'native', precision: 'bfloat16' });
  expect(fingerprint.includes('-vdpbf16ps ')).toBe(detail.includes('bfloat16 native'));
  await openEngine({ name: 'native' });
});
