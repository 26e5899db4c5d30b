import { createForetokenHost } from '../host.ts';
import { createLaboratory } from '../run/laboratory.ts';
import { serveTasks } from './serve-tasks.ts';

// A worker process of an ablation: node worker-main.js [THREADS]

await serveTasks(async () => {
  const threads = Number(process.argv[2]) || undefined;
  const [host] = await Promise.all([
    createForetokenHost({
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
  return createLaboratory(host);
});
