// On machines with a GPU, or a software one named in VK_DRIVER_FILES.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { openEngine } from '../../open-engine.ts';
import { type Tensor2D, tf } from '../../tensor.ts';
import { PRESENT } from '../../testing/present.ts';
import { webgpuDriver } from './index.ts';

describe.each(PRESENT.filter((name) => name === 'webgpu'))('%s', async (name) => {
  const engine = await openEngine({ name });

  test('garbage collection takes nothing that the device needs', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let round = 0; round < 3; round++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const sum = tf.add([1, 2], 3);
    expect([...sum.dataSync()]).toEqual([4, 5]);
    sum.dispose();
  });

  test('flags and whole numbers become float32 in the buffer too', () => {
    tf.tidy(() => {
      const isLarge = tf.greater(tf.tensor3d([1, 5, 2, 7, 0, 9], [1, 2, 3]), 3);
      const floats = tf.transpose(tf.cast(isLarge, 'float32'), [2, 0, 1]);
      expect([...floats.dataSync()]).toEqual([0, 1, 1, 0, 0, 1]);
      const whole = tf.cast(tf.tensor1d([3, -4], 'int32'), 'float32');
      expect(whole.dataSync()).toEqual(Float32Array.from([3, -4]));
    });
  });

  test('a row of tfjs’ own product has the same bits alone and among others, transposed or not', () => {
    tf.tidy(() => {
      const [a, b] = [tf.randomUniform([70, 33], -1, 1, 'float32', 1), tf.randomUniform([33, 65], -1, 1, 'float32', 2)];
      const together = tf.matMul(a as Tensor2D, b as Tensor2D).dataSync();
      for (const [row, count] of [
        [0, 1],
        [69, 1],
        [8, 9],
      ]) {
        const part = tf.slice(a as Tensor2D, [row, 0], [count, 33]);
        const expected = together.slice(row * 65, (row + count) * 65);
        expect(tf.matMul(part, b as Tensor2D).dataSync()).toEqual(expected);
        expect(tf.matMul(tf.transpose(part), tf.transpose(b), true, true).dataSync()).toEqual(expected);
      }
    });
  });

  test('a shader with more work groups than one axis takes covers everything', () => {
    tf.tidy(() => {
      const size = 65_536 * 64 + 5;
      const [ones, zeros] = [tf.ones<tf.Rank>([size]), tf.zeros<tf.Rank>([size])];
      const slot = { weight: zeros, gradient: ones, moment1: zeros, moment2: zeros };
      const rates = { learningRate: 1, beta1: 0, beta2: 0, epsilon: 0, weightDecay: 0, step: 1, gradientScale: 1 };
      const [{ weight }] = engine.ops.adamw([slot], rates);
      expect(weight.dataSync().every((value) => value === -1)).toBe(true);
    });
  });

  test('nothing runs on the host behind our back, also after tfjs’ flags were reset', () => {
    for (const prepare of [() => {}, () => tf.env().reset()]) {
      prepare();
      expect(tf.env().getBool('WEBGPU_CPU_FORWARD')).toBe(false);
      expect(tf.env().getNumber('WEBGPU_MATMUL_PROGRAM_TYPE')).toBe(3);
    }
  });

  test('what tfjs refuses or does with whole numbers stays as it is', () => {
    tf.tidy(() => {
      expect(() => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3]))).toThrow(/inner shapes/);
      const whole = tf.matMul(tf.tensor2d([[1, 2]], [1, 2], 'int32'), tf.tensor2d([[3], [4]], [2, 1], 'int32'));
      expect([whole.dtype, ...whole.dataSync()]).toEqual(['int32', 11]);
    });
  });

  const script = (rest: string) => `
    const { openEngine, tf } = await import(${JSON.stringify(import.meta.resolve('@foretoken/engine'))});
    await openEngine({ name: 'webgpu' });
    ${rest}`;
  const runApart = (source: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source], { timeout: 60_000 });

  test('a process that used the GPU ends by itself, and prints nothing of its own', async () => {
    const { stdout, stderr } = await runApart(script('console.log(tf.add([1], 1).dataSync()[0]);'));
    expect([stdout, stderr]).toEqual(['2\n', '']);
  });

  // Else one that throws while the GPU works crashes in the driver, one time in six.
  const ends = ['', 'process.exit(1);', "throw new Error('on purpose');"];
  test.each(ends)('a process gives the GPU back when it ends by "%s"', async (end) => {
    const source = script(`
      const { device } = tf.backend();
      const { destroy } = Object.getPrototypeOf(device);
      device.destroy = () => { console.log('given back'); destroy.call(device); };
      tf.add(tf.ones([99]), 1);
      ${end}`);
    const { stdout } = await runApart(source).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('given back\n');
  });
});

test('webgpu opens where its status says that it can, and gives the status’s reason where it cannot', async () => {
  const { available, detail } = await webgpuDriver.status();
  const starting = webgpuDriver.start({});
  if (available) expect(detail).toContain((await starting).fingerprint.match(/webgpu-\S+ (.*) \S+ v8/)?.[1]);
  else await expect(starting).rejects.toThrow(`ENGINE_UNAVAILABLE: engine "webgpu": ${detail}.`);
  await expect(webgpuDriver.start({ precision: 'bfloat16' })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
});
