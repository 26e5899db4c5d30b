import type { Engine } from '../engine.ts';
import { ENGINE_NAMES, openEngine } from '../open-engine.ts';
import { composites } from '../ops/composite/index.ts';
import { hostKernels } from '../ops/host-kernels.ts';
import { createOps } from '../ops/index.ts';
import type { Kernels } from '../ops/kernels.ts';

/** An engine as it is, or with its kernels switched off, so that every op runs as its composite. */
export interface Variant {
  readonly title: string;
  readonly kernels: Kernels;
  readonly hasKernels: boolean;
  /** Opens the engine and makes its backend the active one. */
  readonly open: () => Promise<Engine>;
}

/** Every engine with its kernels and without: the same tests run over all. */
export const VARIANTS: readonly Variant[] = ENGINE_NAMES.flatMap((name): Variant[] => [
  { title: `${name} with kernels`, kernels: hostKernels, hasKernels: true, open: () => openEngine({ name }) },
  {
    title: `${name} with composites`,
    kernels: composites,
    hasKernels: false,
    open: async () => ({ ...(await openEngine({ name })), ops: createOps() }),
  },
]);
