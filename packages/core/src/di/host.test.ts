import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type EngineOptions, openEngine } from '@foretoken/engine';
import { Container } from 'inversify';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { fakeBuiltIns } from '../config/built-ins.fixture.ts';
import type { Experiment } from '../config/experiment.ts';
import { resolveExperiment } from '../config/resolve.ts';
import { parseSource } from '../config/source-map.ts';
import type { HorizonScheduleContext } from '../contracts/training.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { createHost, type Host, type HostOptions } from './host.ts';
import { type EngineOpener, TOKENS } from './tokens.ts';

const KINDS: Record<string, string> = {
  trunk: '{ embed() {}, forward() {} }',
  head: '{ forward() {} }',
  weighting: '{ start() {}, now() {} }',
  'horizon-schedule': '{ start() {}, now() {} }',
  decoder: '{ generate() {} }',
  'acceptance-rule': '{ accept() {} }',
  'draft-policy': '{ grow() {} }',
  eval: '{ measure() {} }',
  tokenizer: '{ vocabulary: 256, encode() {}, decode() {} }',
  dataset: '{ list() {}, read() {} }',
};

/** A package with a fake of every plugin that experiments use by default. */
function writeBuiltIns(root: string): void {
  const listings = fakeBuiltIns().list();
  const folder = path.join(root, 'node_modules/built-ins');
  mkdirSync(folder, { recursive: true });
  const provides = listings.map(({ kind, name }) => ({ kind, name, export: '.' }));
  const foretoken = { api: 1, provides };
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({ name: 'built-ins', version: '1.0.0', type: 'module', exports: './index.js', foretoken }),
  );
  const definitions = listings.map(({ kind, name, options }) => {
    const { description: _, ...schema } = options;
    const param = kind === 'trunk' ? `context.param('weight', [2, 3]);` : '';
    return `{ kind: '${kind}', name: '${name}', api: 1, options: ${JSON.stringify(schema)},
      shape: () => ({ width: 8, layers: 8, block: {} }),
      create(context, options) { ${param} return { ...${KINDS[kind]}, seen: { context, options } }; } }`;
  });
  writeFileSync(path.join(folder, 'index.js'), `export default { api: 1, provides: [${definitions.join(',\n')}] };`);
}

const MINIMAL = 'data: { dataset: none }\n';
const experimentOf = (text: string): Experiment => resolveExperiment(parseSource(text, 'x.yaml'), fakeBuiltIns());

async function hostIn(root: string, options: Partial<HostOptions> = {}): Promise<Host> {
  writeBuiltIns(root);
  const host = await createHost({
    builtIns: ['built-ins'],
    from: root,
    openSession: (model) => ({ sessionOf: model }) as never,
    openEngine: () => openEngine({ name: 'cpu' }),
    ...options,
  });
  onTestFinished(() => host.dispose());
  return host;
}

describe('a process', () => {
  test('loads the built-in packages and says what there is', async () => {
    const host = await hostIn(temporaryFolder());
    const source = host.plugins.builtIns.source('head', 'linear');
    expect(source).toMatchObject({ package: 'built-ins', version: '1.0.0', api: 1 });
  });

  test('logs and tells the time as its options say', async () => {
    const log = vi.fn();
    const host = await hostIn(temporaryFolder(), { log, clock: () => 42 });
    host.log('line');
    expect(log).toHaveBeenCalledWith('line');
    expect(host.clock()).toBe(42);
  });

  test('opens no engine before one is asked for', async () => {
    const opened: EngineOptions[] = [];
    const spying: EngineOpener = async (options) => {
      opened.push(options);
      return openEngine(options);
    };
    const root = temporaryFolder();
    const host = await hostIn(root, { openEngine: spying });
    const run = await host.openRun(experimentOf(`${MINIMAL}engine: cpu`), root);
    run.get('tokenizer');
    expect(opened).toEqual([]);
    const engines = await Promise.all([run.get('engine'), run.get('engine')]);
    expect(engines[0]).toBe(engines[1]);
    expect(opened).toEqual([{ name: 'cpu', precision: 'float32' }]);
  });
});

describe('a run', () => {
  test('has every service once, and its plugins get their options without the keys of the framework', async () => {
    const root = temporaryFolder();
    const host = await hostIn(root);
    const experiment = experimentOf(`data: { dataset: { name: text-files, include: [a] } }
model: { head: { name: low-rank, rank: 3, horizon: 2 } }
decoders: { fast: { name: speculative, policy: { name: confidence, threshold: 0.5 } } }
evals: [throughput]
`);
    const run = await host.openRun(experiment, root);
    const seen = (made: unknown) => (made as { seen: unknown }).seen;
    expect(seen(run.get('dataset'))).toEqual({ context: { baseDirectory: root }, options: { include: ['a'] } });
    expect(seen(run.get('weighting'))).toEqual({ context: { horizon: 2 }, options: {} });
    const costRatio = expect.any(Function);
    expect(seen(run.get('horizonSchedule'))).toEqual({ context: { horizon: 2, costRatio }, options: {} });
    const [fast, ...others] = run.get('decoders');
    expect(others).toEqual([]);
    expect(fast.label).toBe('fast');
    expect(seen(fast.decoder)).toEqual({ context: {}, options: {} });
    expect(seen(fast.policy)).toEqual({ context: {}, options: { threshold: 0.5 } });
    expect(run.get('evals').map(({ name }) => name)).toEqual(['throughput']);
    expect(run.get('head').name).toBe('low-rank');
    expect(run.get('experiment')).toEqual(experiment);
    for (const service of Object.keys(TOKENS) as (keyof typeof TOKENS)[]) {
      expect(await run.get(service), service).toBe(await run.get(service));
      expect(await run.container.getAsync(TOKENS[service]), service).toBe(await run.get(service));
      expect(TOKENS[service]).toBe(Symbol.for(`foretoken.${service}`));
    }
  });

  test('tells its horizon schedule what an offset costs once the model is made, and refuses before', async () => {
    const root = temporaryFolder();
    const run = await (await hostIn(root)).openRun(experimentOf(MINIMAL), root);
    const schedule = run.get('horizonSchedule') as unknown as { seen: { context: HorizonScheduleContext } };
    const { costRatio } = schedule.seen.context;
    expect(() => costRatio(99)).toThrow(
      'PLUGIN_INVALID: horizon-schedule "fixed" of built-ins@1.0.0: costRatio() may be asked only once the model is made. Call it in now() or learn(), not in create().',
    );
    await run.get('model');
    // The fake head computes nothing; an offset that it does not have is told without asking it.
    expect(costRatio(99)).toBe(0);
  });

  test('is apart from other runs, and shares what the process has', async () => {
    const root = temporaryFolder();
    const host = await hostIn(root);
    const [one, two] = [
      await host.openRun(experimentOf(MINIMAL), root),
      await host.openRun(experimentOf(MINIMAL), root),
    ];
    for (const service of ['tokenizer', 'dataset', 'weighting', 'decoders', 'registry'] as const) {
      expect(one.get(service), service).not.toBe(two.get(service));
    }
    expect(await one.get('model')).not.toBe(await two.get('model'));
    expect(one.get('log')).toBe(two.get('log'));
    expect(one.get('plugins')).toBe(host.plugins);
    expect(() => host.container.get(TOKENS.tokenizer)).toThrow();
  });

  test('has a model of its vocabulary, and sessions of that model', async () => {
    const root = temporaryFolder();
    const run = await (await hostIn(root)).openRun(experimentOf(MINIMAL), root);
    const model = await run.get('model');
    expect(model.dims).toMatchObject({ vocabulary: 256, horizon: 4 });
    expect(await run.openSession()).toEqual({ sessionOf: model });
  });

  test('disposes its model, once; the process disposes what is left open', async () => {
    const root = temporaryFolder();
    const host = await hostIn(root);
    const [one, two] = [
      await host.openRun(experimentOf(MINIMAL), root),
      await host.openRun(experimentOf(MINIMAL), root),
    ];
    const { memory } = await one.get('engine');
    const before = memory().numTensors;
    const [first, second] = [vi.spyOn(await one.get('model'), 'dispose'), vi.spyOn(await two.get('model'), 'dispose')];
    await one.dispose();
    await one.dispose();
    expect(first).toHaveBeenCalledTimes(1);
    expect(second).not.toHaveBeenCalled();
    await host.dispose();
    expect(first).toHaveBeenCalledTimes(1);
    expect(second).toHaveBeenCalledTimes(1);
    expect(before - memory().numTensors).toBe(0);
    expect(() => one.get('tokenizer')).toThrow();
  });

  test('disposes a model that is still being made', async () => {
    const root = temporaryFolder();
    const run = await (await hostIn(root)).openRun(experimentOf(MINIMAL), root);
    await run.get('engine');
    const model = run.get('model');
    await run.dispose();
    expect((await model).parameters.size).toBe(0);
  });

  test('makes no model once it is disposed, its engine still opening or not', async () => {
    const root = temporaryFolder();
    const run = await (await hostIn(root)).openRun(experimentOf(MINIMAL), root);
    const refused = expect(run.get('model')).rejects.toThrow('the run was disposed before its model was made');
    await run.dispose();
    await refused;
  });

  test('can be left after its model failed', async () => {
    const root = temporaryFolder();
    const failing = async () => {
      throw new Error('no engine here');
    };
    const run = await (await hostIn(root, { openEngine: failing })).openRun(experimentOf(MINIMAL), root);
    await expect(run.get('model')).rejects.toThrow('no engine here');
    await expect(run.dispose()).resolves.toBeUndefined();
  });

  test('checks a saved experiment again', async () => {
    const root = temporaryFolder();
    const host = await hostIn(root);
    const saved = JSON.parse(JSON.stringify(experimentOf(MINIMAL))) as { model: { head: { name: string } } };
    saved.model.head.name = 'gone';
    await expect(host.openRun(saved as never, root)).rejects.toThrow(
      'PLUGIN_UNKNOWN: x model.head.name: no head "gone".',
    );
  });

  test('a tokenizer whose vocabulary is no count is refused by name', async () => {
    const root = temporaryFolder();
    const folder = path.join(root, 'odd');
    mkdirSync(folder);
    const foretoken = { api: 1, provides: [{ kind: 'tokenizer', name: 'odd', export: '.' }] };
    writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({ name: 'odd', version: '2.0.0', type: 'module', exports: './index.js', foretoken }),
    );
    const create = '() => ({ vocabulary: 0.5, encode() {}, decode() {} })';
    writeFileSync(
      path.join(folder, 'index.js'),
      `export default { kind: 'tokenizer', name: 'odd', api: 1, create: ${create} };`,
    );
    const host = await hostIn(root);
    const experiment = { ...experimentOf(MINIMAL), plugins: ['./odd'] };
    const run = await host.openRun({ ...experiment, data: { ...experiment.data, tokenizer: { name: 'odd' } } }, root);
    expect(() => run.get('tokenizer')).toThrow(
      'PLUGIN_INVALID: tokenizer "odd" of odd@2.0.0: create must give an object whose vocabulary is an integer in 1..2147483647, gave 0.5.',
    );
    expect(existsSync(folder)).toBe(true);
  });

  test('another container can hand out its services by their tokens alone', async () => {
    const root = temporaryFolder();
    const run = await (await hostIn(root)).openRun(experimentOf(MINIMAL), root);
    const foreign = new Container();
    const token = Symbol.for('foretoken.tokenizer');
    foreign.bind(token).toDynamicValue(() => run.container.get(token));
    expect(foreign.get(token)).toBe(run.get('tokenizer'));
  });
});
