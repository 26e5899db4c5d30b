import { createRegistry, type Definition, type PluginSource, type Registry } from '@foretoken/core';
import {
  defineAcceptanceRule,
  defineDataset,
  defineDecoder,
  defineDraftPolicy,
  defineEval,
  defineHead,
  defineHorizonSchedule,
  defineTokenizer,
  defineTrunk,
  defineWeighting,
  Type,
} from '@foretoken/core/plugin';

/** Planning reads declarations alone: nothing of a plugin is created. */
const never = (): never => {
  throw new Error('planning creates no plugin');
};

const block = { attentionHeads: 2, keyValueHeads: 2, mlpWidth: 16, rotaryBase: 10_000 };

const packages: readonly {
  readonly name: string;
  readonly version: string;
  readonly provides: readonly Definition[];
}[] = [
  {
    name: '@foretoken/core',
    version: '1.0.0',
    provides: [
      defineDataset({ name: 'text-files', options: Type.Object({ root: Type.String() }), create: never }),
      defineTokenizer({ name: 'bytes', create: never }),
    ],
  },
  {
    name: '@foretoken/trunks',
    version: '1.0.0',
    provides: [
      defineTrunk({
        name: 'transformer',
        options: Type.Object({ layers: Type.Integer({ minimum: 1, default: 6 }) }),
        shape: ({ layers }) => ({ width: 8, layers, block }),
        create: never,
      }),
    ],
  },
  {
    name: '@foretoken/heads',
    version: '1.0.0',
    provides: [
      defineHead({ name: 'parallel', blocksPerOffset: 1, create: never }),
      defineHead({ name: 'linear', create: never }),
      defineWeighting({ name: 'uniform', create: never }),
      defineHorizonSchedule({ name: 'fixed', create: never }),
    ],
  },
  {
    name: 'low-rank-head',
    version: '2.0.0',
    provides: [
      defineHead({
        name: 'low-rank',
        options: Type.Object({ rank: Type.Integer({ minimum: 1, default: 8 }) }),
        create: never,
      }),
    ],
  },
  {
    name: '@foretoken/decoders',
    version: '1.0.0',
    provides: [
      defineDecoder({ name: 'greedy', create: never }),
      defineDecoder({ name: 'speculative', create: never }),
      defineAcceptanceRule({ name: 'exact', create: never }),
      defineDraftPolicy({
        name: 'fixed',
        options: Type.Object({ length: Type.Optional(Type.Integer({ minimum: 1 })) }),
        create: never,
      }),
      defineDraftPolicy({ name: 'cost-model', isTimed: true, create: never }),
    ],
  },
  {
    name: '@foretoken/evals',
    version: '1.0.0',
    provides: [
      defineEval({
        name: 'acceptance',
        alone: 'timed-drafts',
        options: Type.Object({ prompts: Type.Integer({ minimum: 1, default: 8 }) }),
        create: never,
      }),
      ...['bits-per-byte', 'losslessness'].map((name) => defineEval({ name, create: never })),
      defineEval({ name: 'throughput', alone: true, create: never }),
    ],
  },
];

/** Plugins of every kind, from several packages, as far as planning looks at them. */
export function fixtureRegistry(
  versions: { readonly [name: string]: string } = {},
  directories: { readonly [name: string]: string } = {},
): Registry {
  const registry = createRegistry();
  for (const { name, version, provides } of packages) {
    const directory = directories[name] === undefined ? {} : { directory: directories[name] };
    const source: PluginSource = { package: name, version: versions[name] ?? version, api: 1, ...directory };
    for (const definition of provides) registry.register(definition, source);
  }
  return registry;
}
