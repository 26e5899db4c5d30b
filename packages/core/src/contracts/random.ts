/** A seeded stream of random numbers; each use has its own, named stream, so that uses never disturb each other. */
export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Standard normal. */
  normal(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** JSON, for checkpoints. */
  state(): RandomState;
}

/** Where a stream stands: four 32-bit integers. */
export type RandomState = readonly [number, number, number, number];
