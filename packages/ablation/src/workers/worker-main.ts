import { createForetokenHost } from '../host.ts';
import { createLaboratory } from '../run/laboratory.ts';
import { lookForMisdeeds } from './misdeeds.ts';
import { serveTasks } from './serve-tasks.ts';

// A worker process of an ablation: node worker-main.js [THREADS]

await serveTasks(async (board) => {
  const threads = Number(process.argv[2]) || undefined;
  const [host, { tf }] = await Promise.all([
    createForetokenHost({
      watch: board,
      log: (line) => process.stderr.write(`${line}\n`),
      async openEngine(options) {
        const { openEngine } = await import('@foretoken/engine');
        return openEngine({ ...options, ...(threads !== undefined && { threads }) });
      },
    }),
    // Loaded before they are needed: the first task starts at once.
    import('@foretoken/engine'),
    import('@foretoken/core/training'),
    import('@foretoken/decoders'),
  ]);
  // Everything is loaded: what changes from now on is a plugin's doing.
  board.lookFor(lookForMisdeeds(board, { numTensors: () => tf.engine().state.numTensors }));
  return createLaboratory(host);
});
