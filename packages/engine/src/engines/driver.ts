import type { EngineName, EngineOptions, EngineStatus } from '../engine.ts';
import type { Kernels } from '../ops/kernels.ts';

/** What a started backend tells of itself. */
export interface StartedBackend {
  /** Threads that its kernels run on. */
  readonly threads: number;
  /** Instruction set and versions: whatever can change a result's bits. */
  readonly fingerprint: string;
  /** Computations that it does in its own way; composites of tfjs operations serve for the others. */
  readonly kernels: Partial<Kernels>;
  /** See `Engine.kernelSeconds`. */
  readonly kernelSeconds?: () => number;
}

/** How one engine is found and started. Importing a driver loads nothing of what it drives. */
export interface EngineDriver {
  readonly name: EngineName;
  /** Whether it can run here, and why or why not. Starts nothing, and never throws. */
  status(): Promise<EngineStatus>;
  /**
   * Makes it tfjs' active backend; starting one again is cheap.
   * @throws ENGINE_UNAVAILABLE if it cannot run here; OPTIONS_INVALID for an option that it does not know
   */
  start(options: EngineOptions): Promise<StartedBackend>;
}
