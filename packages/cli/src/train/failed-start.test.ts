import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runBin } from '../testing/run-bin.fixture.ts';
import { tinyExperiment } from '../testing/tiny-experiment.fixture.ts';

let folder: string;
beforeAll(() => {
  folder = tinyExperiment();
});
afterAll(() => rmSync(folder, { recursive: true }));

const train = (...more: string[]) => runBin(['train', 'tiny.json', '--run', 'run', ...more], { cwd: folder });

test('a start that failed can be mended and repeated, and the run then says what it left out', async () => {
  const failed = await train('--set', 'data.context=100000');
  expect({ code: failed.code, stderr: failed.stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^DATA_TOO_SHORT: /),
  });
  expect(existsSync(path.join(folder, 'run', 'experiment.json'))).toBe(false);
  // Medusa's offset 1 has no weights: known once the model is made.
  const still = '{"trunk":{"rate":0},"readout":{"rate":0}}';
  expect(
    await train('--set', 'model.head={"name":"medusa","horizon":1}', '--set', `training.groups=${still}`),
  ).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^CONFIG_CONFLICT: training\.groups: nothing trains in the first step/m),
  });
  expect(existsSync(path.join(folder, 'run', 'experiment.json'))).toBe(false);
  writeFileSync(path.join(folder, 'empty.txt'), '');
  const { code, stderr } = await train();
  expect(code).toBe(0);
  expect(stderr).toMatch(/^data: 8 documents, 1 left out \(1 empty\)$/m);
  expect((await train()).stderr).toMatch(/^RUN_EXISTS: /);
});
