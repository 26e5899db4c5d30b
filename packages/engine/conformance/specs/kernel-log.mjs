/** What one spec asked of the backend. */
const emptyEntry = () => ({ kernels: new Set(), missing: new Set() });

/**
 * Notes which kernels run, by watching the one function through which all operations and gradients reach a backend.
 *
 * A missing kernel is noted even where a spec passes in spite of it: one that expects some error is content with tfjs'
 * complaint about the kernel.
 */
export class KernelLog {
  #tf;
  #entry = emptyEntry();

  /** @param tf - the tfjs whose engine is watched from now on */
  constructor(tf) {
    this.#tf = tf;
    const engine = tf.engine();
    const run = engine.runKernel.bind(engine);
    engine.runKernel = (name, ...rest) => {
      this.#note(name, engine.backendName);
      try {
        return run(name, ...rest);
      } catch (error) {
        if (error?.code === 'KERNEL_MISSING') this.#entry.missing.add(name);
        throw error;
      }
    };
  }

  /** Starts the entry of another spec. */
  start() {
    this.#entry = emptyEntry();
  }

  /** @returns names of the kernels asked for since the last start, and of those that the backend does not have */
  take() {
    return { kernels: [...this.#entry.kernels], missing: [...this.#entry.missing] };
  }

  #note(name, backendName) {
    this.#entry.kernels.add(name);
    if (this.#tf.getKernel(name, backendName) == null) this.#entry.missing.add(name);
  }
}
