import type { Engine, EngineName } from '../engine.ts';
import { DRIVERS } from '../engines/index.ts';
import { commitEach } from '../key-values.ts';
import { openEngine } from '../open-engine.ts';
import { createKernels, createOps } from '../ops/index.ts';
import type { Kernels } from '../ops/kernels.ts';
import { PRESENT } from './present.ts';

/** An engine as it is, or with its kernels switched off, so that every op runs as its composite. */
export interface Variant {
  readonly title: string;
  readonly kernels: Kernels;
  readonly hasKernels: boolean;
  /** Opens the engine and makes its backend the active one. */
  readonly open: () => Promise<Engine>;
}

async function variantsOf(name: EngineName): Promise<Variant[]> {
  const driver = DRIVERS.find((other) => other.name === name)!;
  const own = createKernels((await driver.start({})).kernels);
  const plain = createKernels();
  return [
    { title: `${name} with kernels`, kernels: own, hasKernels: true, open: () => openEngine({ name }) },
    {
      title: `${name} with composites`,
      kernels: plain,
      hasKernels: false,
      open: async () => ({
        ...(await openEngine({ name })),
        ops: createOps(plain),
        createKeyValueStore: (slot) => plain.createStore(slot),
        commitKeyValues: commitEach,
      }),
    },
  ];
}

/** Every engine present with its kernels and without: the same tests run over all. */
export const VARIANTS: readonly Variant[] = await PRESENT.reduce<Promise<Variant[]>>(
  // One after the other: each start makes another backend the active one.
  async (before, name) => [...(await before), ...(await variantsOf(name))],
  Promise.resolve([]),
);
