import { expect, test } from 'vitest';
import { openEngine } from '../open-engine.ts';
import type { Tensor2D } from '../tensor.ts';
import { PRESENT } from '../testing/present.ts';

test.runIf(PRESENT.includes('native'))('the native engine tells what its kernels took, and nothing else', async () => {
  const { ops, tidy, kernelSeconds } = await openEngine({ name: 'native' });
  const spent = (work: () => void) => {
    const before = kernelSeconds()!;
    const started = performance.now();
    work();
    return { inside: kernelSeconds()! - before, whole: (performance.now() - started) / 1_000 };
  };
  const shares: number[] = [];
  for (let run = 0; run < 20; run++) {
    const busy = spent(() => {
      const x = tidy(() => ops.ones<Tensor2D>([600, 600]));
      tidy(() => ops.matmul(x, ops.matmul(x, x)));
      x.dispose();
    });
    expect(busy.inside).toBeLessThan(busy.whole);
    shares.push(busy.inside / busy.whole);
  }
  // The best of all: a busy machine may take the processor away outside the kernels in any of them.
  expect(Math.max(...shares), String(shares)).toBeGreaterThan(1 / 4);
  const idle = spent(() => {
    for (const end = performance.now() + 20; performance.now() < end; );
  });
  expect(idle.inside).toBeLessThan(0.001);
});
