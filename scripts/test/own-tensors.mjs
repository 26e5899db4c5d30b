// Runs before every test file: files that share a process count their own tensors, from none, as in a process of their own.
// Without it a file that leaks on purpose, as broken heads do, fails the next one that ends with `numTensors` of 0.

/** Where tfjs keeps its engine, whatever copy of it was loaded; nothing before the first. */
const { state } = globalThis._tfengine ?? {};
if (state !== undefined) Object.assign(state, { numTensors: 0, numDataBuffers: 0, numBytes: 0 });
