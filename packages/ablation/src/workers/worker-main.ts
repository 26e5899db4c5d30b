import { setFlagsFromString } from 'node:v8';
import { createForetokenHost } from '../host.ts';
import { createLaboratory } from '../run/laboratory.ts';
import { type Lookout, lookForMisdeeds } from './misdeeds.ts';
import { serveTasks } from './serve-tasks.ts';

// A worker process of an ablation: node worker-main.js [THREADS]

/** Given where several workers share the cores. */
const threads = Number(process.argv[2]) || undefined;

// V8 compiles what runs often on threads of its own: two seconds of them a process, which a single worker finds on an idle
// core and several take from each other's trainings. With nine times its budget (67,584 bytes of bytecode run) a function
// waits longer for that: half as much is compiled, and steps are as fast. Later versions than Node 20's have no such setting.
if (threads !== undefined && process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=600000');

await serveTasks(async (board) => {
  let lookout: Lookout | undefined;
  const [host, { tf }] = await Promise.all([
    createForetokenHost({
      watch: board,
      log: (line) => process.stderr.write(`${line}\n`),
      async openEngine(options) {
        const { openEngine } = await import('@foretoken/engine');
        const open = () => openEngine({ ...options, ...(threads !== undefined && { threads }) });
        return lookout ? lookout.excuse(open) : open();
      },
    }),
    // Loaded before they are needed: the first task starts at once.
    import('@foretoken/engine'),
    import('@foretoken/core/training'),
    import('@foretoken/decoders'),
  ]);
  // Everything is loaded: what changes from now on is a plugin's doing.
  lookout = lookForMisdeeds(board, { numTensors: () => tf.engine().state.numTensors });
  board.lookFor(lookout);
  return createLaboratory(host);
});
