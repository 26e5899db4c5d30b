// TensorFlow itself is large and not here: a stand-in of the package, whose backend is tfjs' plain JavaScript, shows what the
// driver does; its kernels are the real ones.
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { commitEach } from '../../key-values.ts';
import { createKernels, createOps } from '../../ops/index.ts';
import { record } from '../../record.ts';
import { type Tensor, tf } from '../../tensor.ts';
import { linearCases } from '../../testing/cases-linear.ts';
import { fakePackages } from '../../testing/fake-packages.fixture.ts';
import { fakeTfjsNode, standInBinding } from '../../testing/fake-tensorflow.fixture.ts';
import { judge, TOLERANCE } from '../../testing/judge.ts';
import { tidy } from '../../tfjs/scopes.ts';
import { tensorflowDriver } from './index.ts';
import { tensorflowKernels } from './kernels.ts';
import { restoreUtil } from './old-node.ts';

const start = process.cwd();
afterAll(() => process.chdir(start));

const inFolder = async <T>(folder: string, work: () => Promise<T>): Promise<T> => {
  process.chdir(folder);
  try {
    return await work();
  } finally {
    process.chdir(start);
  }
};

const binding = standInBinding();
const kernels = createKernels(tensorflowKernels());

/** A tree with a stand-in whose binding is this file, or is missing. */
function tree(file: string | undefined, name?: string, version?: string): string {
  const { root, folder } = fakeTfjsNode(name, version);
  mkdirSync(path.join(folder, 'lib/napi-v8'), { recursive: true });
  if (file !== undefined) copyFileSync(file, path.join(folder, 'lib/napi-v8/tfjs_binding.node'));
  return root;
}

const statusIn = (folder: string) => inFolder(folder, () => tensorflowDriver.status());

describe('what stands in the way is said, with the next step', () => {
  const link = 'run foretoken engine link-tensorflow';
  test.each([
    [
      'nothing installed',
      () => fakePackages({}),
      /^not installed: .*; run npm install --ignore-scripts @tensorflow\/tfjs-node-gpu@4\.22\.0, then foretoken engine/,
    ],
    ['no binding', () => tree(undefined), new RegExp(`tfjs-node-gpu has no binding for this Node .*; ${link}$`)],
    ['another release', () => tree(undefined, undefined, '4.21.0'), /needs .* 4\.22\.0, found 4\.21\.0/],
    [
      'a tfjs-core of its own',
      () =>
        fakePackages({
          '@tensorflow/tfjs-node': { version: '4.22.0' },
          '@tensorflow/tfjs-core': { version: '4.22.0' },
        }),
      /another copy of @tensorflow\/tfjs-core .*npm dedupe/,
    ],
    [
      'a binding that does not load',
      () => tree(createRequire(import.meta.url).resolve('@tensorflow/tfjs/package.json')),
      new RegExp(`was loaded in a process of its own, and it ended with exit code 1 \\(.*; ${link}$`),
    ],
  ])('%s', async (_, make, detail) => {
    const folder = make();
    expect(await statusIn(folder)).toEqual({
      name: 'tensorflow',
      available: false,
      detail: expect.stringMatching(detail),
    });
    await expect(inFolder(folder, () => tensorflowDriver.start({}))).rejects.toMatchObject({
      code: 'ENGINE_UNAVAILABLE',
    });
  });
});

test('threads and precisions that it does not know are refused', async () => {
  await expect(tensorflowDriver.start({ precision: 'bfloat16' })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
});

test.skipIf(binding === undefined)(
  'the package for the GPU comes first, but not before one whose binding is built',
  async () => {
    const [cpu, gpu] = ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'];
    const root = tree(binding, cpu);
    const other = fakeTfjsNode(gpu);
    cpSync(other.folder, path.join(root, 'node_modules', gpu), { recursive: true });
    expect((await statusIn(root)).detail).toMatch(
      /^@tensorflow\/tfjs-node 4\.22\.0, TensorFlow 2\.21\.3, on the processor/,
    );
    cpSync(path.join(root, 'node_modules', cpu, 'lib'), path.join(root, 'node_modules', gpu, 'lib'), {
      recursive: true,
    });
    expect((await statusIn(root)).detail).toMatch(/^@tensorflow\/tfjs-node-gpu 4\.22\.0, /);
  },
);

/** As on Node 23 and later. */
async function withoutOldUtil(work: () => unknown): Promise<void> {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  const { isNullOrUndefined, isArray } = util;
  delete util.isNullOrUndefined;
  delete util.isArray;
  try {
    await work();
  } finally {
    Object.assign(util, { isNullOrUndefined, isArray });
  }
}

test('code for Node before 23 finds what it asks of util', () =>
  withoutOldUtil(() => {
    restoreUtil();
    const util = createRequire(import.meta.url)('node:util') as Record<string, (value: unknown) => boolean>;
    expect([null, undefined, 0].map(util.isNullOrUndefined)).toEqual([true, true, false]);
    expect([[], {}].map(util.isArray)).toEqual([true, false]);
  }));

describe.skipIf(binding === undefined)('on a stand-in', () => {
  test('it starts, says which TensorFlow runs, and starts again without a second load', async () => {
    const root = tree(binding);
    expect(await statusIn(root)).toMatchObject({ available: true });
    let first = { fingerprint: '' };
    await withoutOldUtil(async () => {
      first = await inFolder(root, () => tensorflowDriver.start({}));
    });
    expect(first.fingerprint).toMatch(/^tfjs-4\.22\.0 tensorflow-2\.21\.3 processor \w+ v8-/);
    expect(tf.getBackend()).toBe('tensorflow');
    expect(process.env.NVIDIA_TF32_OVERRIDE).toBe('0');
    await tf.setBackend('cpu');
    expect((await inFolder(root, () => tensorflowDriver.start({}))).fingerprint).toBe(first.fingerprint);
    expect(tf.getBackend()).toBe('tensorflow');
  });

  test.each(linearCases)('$name by its kernels agrees with the float64 reference', (opCase) => {
    const engine = {
      name: 'tensorflow' as const,
      threads: 1,
      fingerprint: '',
      ops: createOps(kernels),
      memory: () => ({ numTensors: tf.memory().numTensors, bytes: 0, peakBytes: 0 }),
      resetPeak: () => {},
      kernelSeconds: () => undefined,
      countFlops: () => 0,
      tidy,
      record,
      createKeyValueStore: kernels.createStore,
      commitKeyValues: commitEach,
      noKeyValues: { slot: 'none' },
    };
    const { forward, gradients, leakedTensors } = judge(engine, opCase);
    expect(forward).toBeLessThan(TOLERANCE.forward);
    expect(Math.max(0, ...gradients)).toBeLessThan(TOLERANCE.gradient);
    expect(leakedTensors).toBe(0);
  });

  test('squares of any number of values are added up without losing small ones', () => {
    const { sumOfSquares } = kernels;
    tf.tidy(() => {
      const sizes = [0, 1, 63, 64, 65, 200];
      expect(sumOfSquares(sizes.map((size) => tf.fill([size], 2) as Tensor))).toBe(4 * 393);
      expect(sumOfSquares([])).toBe(0);
      const values = new Float32Array(1_000_001).fill(1e-2);
      values[0] = 1e3;
      expect(Math.fround(sumOfSquares([tf.tensor(values)]))).toBe(Math.fround(1e6 + 100));
    });
  });
});
