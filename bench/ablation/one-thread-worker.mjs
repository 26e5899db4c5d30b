// A worker of an ablation that has one thread, however many workers there are.
process.argv[2] = '1';
await import('../../packages/ablation/dist/workers/worker-main.js');
