import { isForetokenError } from '@foretoken/engine/errors';
import { Type } from 'typebox';
import type { PluginKind } from '../plugins/define.ts';
import { fakePlugin, fakeSource } from '../plugins/plugin.fixture.ts';
import { createRegistry, type Registry } from '../plugins/registry.ts';

const BARE: readonly (readonly [PluginKind, string])[] = [
  ['tokenizer', 'bytes'],
  ['head', 'linear'],
  ['weighting', 'uniform'],
  ['horizon-schedule', 'fixed'],
  ['decoder', 'greedy'],
  ['decoder', 'speculative'],
  ['acceptance-rule', 'exact'],
  ['draft-policy', 'fixed'],
  ['eval', 'bits-per-byte'],
  ['eval', 'acceptance'],
  ['eval', 'losslessness'],
  ['eval', 'throughput'],
];

/** Every plugin that an experiment uses by default, as fakes, some with options. */
export function fakeBuiltIns(): Registry {
  const registry = createRegistry();
  for (const [kind, name] of BARE) registry.register(fakePlugin(kind, name), fakeSource);
  const withOptions = (kind: PluginKind, name: string, options: object): void =>
    registry.register(fakePlugin(kind, name, { options, description: `A ${kind}.` }), fakeSource);
  withOptions('dataset', 'text-files', Type.Object({ include: Type.Array(Type.String(), { minItems: 1 }) }));
  withOptions('dataset', 'none', Type.Object({}));
  withOptions('trunk', 'transformer', Type.Object({ width: Type.Integer({ minimum: 1, default: 64 }) }));
  withOptions('head', 'parallel', Type.Object({ bias: Type.Boolean({ default: false }) }));
  withOptions('head', 'low-rank', Type.Object({ rank: Type.Integer({ minimum: 1, default: 8 }) }));
  withOptions('draft-policy', 'confidence', Type.Object({ threshold: Type.Number({ minimum: 0, maximum: 1 }) }));
  return registry;
}

/** What is thrown, as code and problems. */
export function refused(work: () => unknown): { code: string; problems: readonly string[]; message: string } {
  try {
    work();
  } catch (error) {
    if (isForetokenError(error)) return { code: error.code, problems: error.problems, message: error.message };
    throw error;
  }
  return { code: 'none', problems: [], message: '' };
}
