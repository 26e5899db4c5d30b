import { type EngineOptions, openEngine } from '@foretoken/engine';
import { fakeBuiltIns } from '../config/built-ins.fixture.ts';
import type { Experiment } from '../config/experiment.ts';
import { resolveExperiment } from '../config/resolve.ts';
import { parseSource } from '../config/source-map.ts';
import { type Definition, defineTrunk, defineWeighting } from '../plugins/define.ts';
import type { Registry } from '../plugins/registry.ts';

/** What an application calls itself in tests. */
export const APPLICATION = { package: 'my-app', version: '3.2.1' };

/** What a host needs beside an application. */
export const HOST_OPTIONS = {
  builtIns: [],
  from: import.meta.dirname,
  openSession: (model: unknown) => ({ sessionOf: model }) as never,
  openEngine: (_: EngineOptions) => openEngine({ name: 'cpu' }),
};

/** Plugins of every kind that does nothing, under the names that experiments take by default, and a trunk with a weight. */
export function fakeDefinitions(): Definition[] {
  const registry = fakeBuiltIns();
  const all = registry.list().map(({ kind, name }) => registry.get(kind, name));
  const trunk = defineTrunk({
    ...(all.find(({ kind }) => kind === 'trunk') as Definition<'trunk'>),
    create({ param }) {
      param('weight', [2, 3]);
      return { embed: () => undefined as never, forward: () => [] };
    },
  });
  return [...all.filter(({ kind }) => kind !== 'trunk'), trunk];
}

/** An experiment of a registry's plugins. */
export const experimentOf = (registry: Registry, text = ''): Experiment =>
  resolveExperiment(parseSource(`data: { dataset: none }\n${text}`, 'x.yaml'), registry);

/** What is noted by {@link InjectedWeighting}, a stand-in for a service of the application's own. */
export const NOTES: symbol = Symbol.for('my-app.notes');

/** A weighting as a class: two injected services, and members on its prototype as well as its own. */
export class InjectedWeighting {
  readonly kind = 'weighting';
  readonly api = 1;
  readonly #log: (line: string) => void;
  readonly #notes: string[];

  constructor(log: (line: string) => void, notes: string[]) {
    this.#log = log;
    this.#notes = notes;
  }

  get name(): string {
    return 'injected';
  }

  create({ horizon }: { horizon: number }) {
    this.#log(`made for horizon ${horizon}`);
    this.#notes.push('made');
    return { start: () => null, now: () => [1] };
  }
}

/** Another class of the same plugin name. */
export class SecondWeighting extends InjectedWeighting {}

/** The plain object that {@link InjectedWeighting} stands beside. */
export const plainWeighting = defineWeighting({
  name: 'plain',
  create: () => ({ start: () => null, now: () => [1] }),
});
