import { type Engine, type Tensor, tf } from '@foretoken/engine';

/** What a pass costs at least: floating-point operations, or bytes if each is read or written once. */
export type Work = { readonly flops: number } | { readonly bytes: number };

/** A pass that is ready to run once. */
export interface Prepared {
  /** @returns what the caller disposes before the next run; at least one tensor */
  run(): Tensor[];
  end(): void;
}

/** One pass through one operation. `both` computes gradients in its forward pass. */
export interface OpPass {
  readonly op: string;
  readonly pass: 'forward' | 'backward' | 'both';
  /** What goes in, for people. */
  readonly sizes: string;
  readonly work: Work;
  prepare(): Prepared;
}

/** An operation on the tape. */
export interface TapedOp {
  readonly op: string;
  readonly sizes: string;
  readonly forward: Work;
  readonly backward: Work;
  /** Whose gradients are taken. */
  readonly inputs: readonly Tensor[];
  apply(): Tensor;
}

/** Bytes of so many float32 or int32 values. */
export const bytesOf = (...values: readonly number[]): Work => ({ bytes: 4 * values.reduce((sum, n) => sum + n, 0) });

/** A multiplication and an addition forward, and two of each backward: for the gradient of either factor. */
export const productWork = (multiplications: number): { forward: Work; backward: Work } => ({
  forward: { flops: 2 * multiplications },
  backward: { flops: 4 * multiplications },
});

/** `2048x256`. */
export const by = (...shape: readonly number[]): string => shape.join('x');

/** The forward pass alone of something that needs no preparation. */
export function forwardPass(engine: Engine, op: string, sizes: string, work: Work, apply: () => Tensor): OpPass {
  const prepared: Prepared = { run: () => [engine.tidy(apply)], end() {} };
  return { op, pass: 'forward', sizes, work, prepare: () => prepared };
}

/** The forward pass without a tape, and the backward pass of a recording. */
export function tapedPasses(engine: Engine, { op, sizes, forward, backward, inputs, apply }: TapedOp): OpPass[] {
  const prepare = (): Prepared => {
    const recording = engine.record(apply);
    const gradient = tf.onesLike(recording.outputs);
    return {
      run: () => recording.backward([{ at: recording.outputs, gradient }], inputs).filter((one) => one !== undefined),
      end() {
        recording.dispose();
        gradient.dispose();
      },
    };
  };
  return [forwardPass(engine, op, sizes, forward, apply), { op, pass: 'backward', sizes, work: backward, prepare }];
}
