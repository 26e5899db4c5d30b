import type { Definition, PluginKind } from './define.ts';

const METHODS: Record<PluginKind, readonly string[]> = {
  trunk: ['embed', 'forward'],
  head: ['forward'],
  weighting: ['start', 'now'],
  'horizon-schedule': ['start', 'now'],
  decoder: ['generate'],
  'acceptance-rule': ['accept'],
  'draft-policy': ['grow'],
  eval: ['measure'],
  tokenizer: ['encode', 'decode'],
  dataset: ['list', 'read'],
};

/** A definition of any kind that does nothing, with whatever a test wants different. */
export function fakePlugin(kind: PluginKind, name: string, changes: object = {}): Definition {
  const made = Object.fromEntries(METHODS[kind].map((method) => [method, () => undefined]));
  const shape = kind === 'trunk' ? { shape: () => ({ width: 8, layers: 8, block: {} }) } : {};
  const create = () => ({ ...made, ...(kind === 'tokenizer' ? { vocabulary: 256 } : {}) });
  return { kind, name, api: 1, create, ...shape, ...changes } as unknown as Definition;
}

/** Where the fakes of a test come from. */
export const fakeSource = { package: 'demo', version: '1.2.3', api: 1, directory: '/demo' };
