import { createHash } from 'node:crypto';
import { renameSync, rmSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Json } from '../contracts/json.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { type WrittenRun, writeRun } from './base-run.fixture.ts';
import { fakeBuiltIns, refused } from './built-ins.fixture.ts';
import type { Experiment } from './experiment.ts';
import { experimentHash } from './hash.ts';
import { resolveExperiment } from './resolve.ts';
import { parseSource, sourceOf } from './source-map.ts';

const registry = fakeBuiltIns();
const MODEL: Experiment['model'] = {
  trunk: { name: 'transformer', width: 32 },
  head: { name: 'low-rank', horizon: 2, rank: 3 },
  readout: 'replicated',
  match: 'parameters',
  maxOffset: 2,
};

/** A model under so many others. */
const nested = (depth: number): object => ({
  ...MODEL,
  ...(depth > 0 && { base: { run: 'a', sha256: 'b', tokenizer: { name: 'bytes' }, model: nested(depth - 1) } }),
});

async function folderWithRun(change: Partial<WrittenRun> = {}) {
  const folder = temporaryFolder();
  const experiment = { model: MODEL, data: { tokenizer: { name: 'bytes' } } };
  const checkpoint = await writeRun(path.join(folder, 'runs/base'), { experiment, ...change });
  return { folder, checkpoint };
}

const ATTACHED = 'data: { dataset: none }\nmodel: { base: { run: runs/base }, head: { horizon: 3 } }\n';
const resolve = (text: string, folder: string) => resolveExperiment(parseSource(text, 'x.yaml'), registry, folder);

describe('an experiment with a base run', () => {
  test('keeps what it depends on: the run’s model, its tokenizer and which checkpoint it is', async () => {
    const { folder } = await folderWithRun();
    const { model } = resolve(ATTACHED, folder);
    // Of the one tensor that the checkpoint holds: the float32 number 1.
    const sha256 = createHash('sha256')
      .update(Buffer.from(Float32Array.of(1).buffer))
      .digest('hex');
    expect(model).toEqual({
      base: { run: 'runs/base', sha256, model: MODEL, tokenizer: { name: 'bytes' } },
      trunk: { name: 'transformer', width: 32 },
      head: { name: 'parallel', horizon: 3, bias: false },
      readout: 'shared',
      match: 'none',
      maxOffset: 3,
    });
  });

  test('resolved again it is the same, though the run is gone', async () => {
    const { folder } = await folderWithRun();
    const experiment = resolve(ATTACHED, folder);
    rmSync(path.join(folder, 'runs'), { recursive: true });
    const saved = JSON.parse(JSON.stringify(experiment)) as Json;
    expect(resolveExperiment(sourceOf(saved, 'saved'), registry)).toEqual(experiment);
  });

  test('is another with another checkpoint, and the same where the run was moved', async () => {
    const { folder } = await folderWithRun();
    const before = experimentHash(resolve(ATTACHED, folder));
    renameSync(path.join(folder, 'runs/base'), path.join(folder, 'moved'));
    expect(experimentHash(resolve(ATTACHED.replace('runs/base', 'moved'), folder))).toBe(before);
    const tensors = new Map([['model/a', { dtype: 'F32' as const, shape: [1], data: Float32Array.of(2) }]]);
    const other = await folderWithRun({ tensors });
    expect(experimentHash(resolve(ATTACHED, other.folder))).not.toBe(before);
  });

  test('may say of the trunk what it is', async () => {
    const { folder } = await folderWithRun();
    for (const trunk of ['transformer', '{ width: 32 }', '{ name: transformer, width: 32 }']) {
      const text = ATTACHED.replace('base:', `trunk: ${trunk}, base:`);
      expect(resolve(text, folder).model.trunk).toEqual({ name: 'transformer', width: 32 });
    }
  });

  test('holds the run that its base was attached to itself', async () => {
    const { folder } = await folderWithRun();
    const inner = resolve(ATTACHED, folder).model;
    await writeRun(path.join(folder, 'second'), {
      experiment: { model: inner, data: { tokenizer: { name: 'bytes' } } },
    });
    const { base } = resolve(ATTACHED.replace('runs/base', 'second'), folder).model;
    expect(base?.model.base?.model).toEqual(MODEL);
  });
});

describe('a base run that cannot be used is refused with where and what next', () => {
  const at = 'x.yaml:2:23 model.base.run:';

  test('there is none', async () => {
    const folder = temporaryFolder();
    expect(refused(() => resolve(ATTACHED, folder))).toMatchObject({
      code: 'RUN_NOT_FOUND',
      problems: [
        `${at} there is no run in ${folder}/runs/base (no experiment.json). Name the folder of a finished run, from this file's folder.`,
      ],
    });
  });

  test('it is not finished', async () => {
    const { folder } = await folderWithRun({ isFinished: false });
    expect(refused(() => resolve(ATTACHED, folder))).toMatchObject({
      code: 'RUN_UNFINISHED',
      problems: [
        `${at} the run in ${folder}/runs/base is not finished (no summary.json). Go on with it (--resume) to its end first.`,
      ],
    });
  });

  test.each([0, 7, 40])('its checkpoint is cut after %i bytes', async (size) => {
    const { folder, checkpoint } = await folderWithRun();
    truncateSync(checkpoint, size);
    const { code, problems } = refused(() => resolve(ATTACHED, folder));
    expect(code).toBe('FILE_CORRUPT');
    expect(problems[0]).toContain(`${at} ${checkpoint} is not a whole safetensors file`);
  });

  test('its checkpoint is gone', async () => {
    const { folder, checkpoint } = await folderWithRun();
    rmSync(checkpoint);
    expect(refused(() => resolve(ATTACHED, folder)).code).toBe('FILE_READ');
  });

  test.each([
    ['no mapping', { model: 3 }, 'model must be a mapping'],
    ['no trunk', { model: { ...MODEL, trunk: 'transformer' } }, 'model.trunk must be a plugin'],
    ['no horizon', { model: { ...MODEL, head: { name: 'low-rank' } } }, 'model.head must be a plugin with a horizon'],
    ['another readout', { model: { ...MODEL, readout: 'both' } }, 'model.readout must be shared or replicated'],
    ['another match', { model: { ...MODEL, match: 'all' } }, 'model.match must be one of parameters,'],
    ['no offsets', { model: { ...MODEL, maxOffset: 0 } }, 'model.maxOffset must be an integer >= 1'],
    ['half a base', { model: { ...MODEL, base: { run: 'a' } } }, 'model.base must hold a run and its sha256'],
    ['no tokenizer', { data: {} }, 'data.tokenizer must be a plugin'],
    ['no data', { data: undefined }, 'data.tokenizer must be a plugin'],
    ['a base for ever', { model: nested(40) }, 'is nested more than 16 deep'],
  ])('its experiment has %s', async (_, change, clause) => {
    const experiment = { model: MODEL, data: { tokenizer: { name: 'bytes' } }, ...change } as never;
    const { folder } = await folderWithRun({ experiment });
    const { code, problems } = refused(() => resolve(ATTACHED, folder));
    expect(code).toBe('FILE_CORRUPT');
    expect(problems[0]).toContain(clause);
  });

  test('what a file says was saved was not', async () => {
    const { folder } = await folderWithRun();
    const saved = JSON.parse(JSON.stringify(resolve(ATTACHED, folder)));
    saved.model.base.model.head = 'low-rank';
    expect(refused(() => resolveExperiment(sourceOf(saved, 'saved'), registry))).toMatchObject({
      code: 'CONFIG_INVALID',
      problems: [
        expect.stringMatching(/model\.base: was not saved by Foretoken: of the base run model\.head must be a plugin/),
      ],
    });
  });

  test('its head is from a package that is not named', async () => {
    const model = { ...MODEL, head: { name: 'medusa', horizon: 2 } };
    const { folder } = await folderWithRun({ experiment: { model, data: { tokenizer: { name: 'bytes' } } } });
    const { code, problems } = refused(() => resolve(ATTACHED, folder));
    expect(code).toBe('PLUGIN_UNKNOWN');
    expect(problems[0]).toMatch(
      /model\.base\.model\.head\.name: no head "medusa".* The base run was trained with it: add its package to `plugins`\.$/,
    );
  });
});

describe('what contradicts a base run', () => {
  test.each([
    [
      'a trunk of another width',
      ATTACHED.replace('base:', 'trunk: { width: 64 }, base:'),
      "x.yaml:2:26 model.trunk.width: must be 32, as in the trunk of runs/base, was 64. Leave model.trunk out: it is the base run's.",
    ],
    [
      'another trunk',
      ATTACHED.replace('base:', 'trunk: other, base:'),
      'x.yaml:2:17 model.trunk: must be "transformer", as in the trunk of runs/base, was "other". Leave model.trunk out: it is the base run\'s.',
    ],
    [
      'blocks from the trunk',
      ATTACHED.replace('base:', 'match: parameters, base:'),
      'x.yaml:2:17 model.match: must be none with model.base, was parameters: a trunk that is there already gives no block. Leave it out.',
    ],
  ])('%s', async (_, text, problem) => {
    const { folder } = await folderWithRun();
    expect(refused(() => resolve(text, folder))).toMatchObject({ code: 'CONFIG_CONFLICT', problems: [problem] });
  });

  test('a saved experiment whose trunk is not the base’s, at any depth', async () => {
    const { folder } = await folderWithRun();
    const inner = resolve(ATTACHED, folder).model;
    await writeRun(path.join(folder, 'second'), {
      experiment: { model: inner, data: { tokenizer: { name: 'bytes' } } },
    });
    const saved = JSON.stringify(resolve(ATTACHED.replace('runs/base', 'second'), folder));
    const refusedWith = (place: (model: Experiment['model']) => object) => {
      const experiment = JSON.parse(saved);
      Object.assign(place(experiment.model), { trunk: { name: 'transformer', width: 64 } });
      const { code, problems } = refused(() => resolveExperiment(sourceOf(experiment, 'saved'), registry));
      expect(code).toBe('CONFIG_CONFLICT');
      return problems;
    };
    const must =
      'must be that of the base run, {"name":"transformer","width":32}, was {"name":"transformer","width":64}';
    expect(refusedWith((model) => model)).toEqual([
      `saved model.trunk: ${must}. Attach to the run anew: write model.base: { run } and no model.trunk.`,
    ]);
    const deeper = refusedWith(({ base }) => base!.model.base!.model);
    expect(deeper).toEqual([
      expect.stringMatching(
        /^saved model\.base\.model\.trunk: must be that of the base run, .*64}, was .*32}\. Attach/,
      ),
    ]);
  });

  test('another tokenizer', async () => {
    const model = MODEL;
    const { folder } = await folderWithRun({
      experiment: { model, data: { tokenizer: { name: 'bytes', merges: 3 } } },
    });
    const { problems } = refused(() => resolve(ATTACHED, folder));
    expect(problems.join()).toMatch(/tokenizer/);
  });
});
