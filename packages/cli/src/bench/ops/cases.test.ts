import { type Engine, openEngine } from '@foretoken/engine';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attentionPasses, lossPasses, mlpPasses, productPasses, rowPasses, tokenPasses } from './cases.ts';
import { modelShapes, openOptimizer } from './optimizer.ts';
import { openOpTimer } from './timer.ts';
import { openWorkbench, YARDSTICK_SIZES } from './workbench.ts';

const sizes = { B: 2, T: 4, D: 8, H: 2, F: 16, V: 12, blocks: 1 };

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ name: 'wasm' });
});
afterAll(() => expect(engine.memory().numTensors).toBe(0));

/** Work of each pass by name. */
function worksOf(...lists: ((bench: ReturnType<typeof openWorkbench>) => ReturnType<typeof rowPasses>)[]) {
  const bench = openWorkbench(engine, sizes);
  const works = lists.flatMap((list) => list(bench)).map(({ op, pass, work }) => [`${op} ${pass}`, work]);
  bench.dispose();
  return Object.fromEntries(works);
}

describe('operations that are timed', () => {
  it('run at any sizes and leave nothing behind', async () => {
    const bench = openWorkbench(engine, sizes);
    const optimizer = openOptimizer(engine, sizes);
    const lists = [productPasses, rowPasses, attentionPasses, mlpPasses, tokenPasses, lossPasses];
    const passes = [...lists.flatMap((list) => list(bench)), optimizer.pass];
    for (const pass of passes) {
      const timer = await openOpTimer(pass);
      expect(await timer.sample(), pass.op).toBeGreaterThan(0);
    }
    optimizer.dispose();
    bench.dispose();
  });

  it('cost what one counts by hand', () => {
    const works = worksOf(productPasses, mlpPasses, lossPasses);
    // 8 rows of 8 by 8x16: 1,024 multiplications, each with an addition.
    expect(works['matmul forward']).toEqual({ flops: 2_048 });
    expect(works['matmul-at-bt backward']).toEqual({ flops: 4_096 });
    expect(works['linear forward']).toEqual({ flops: 1_024 });
    expect(works['gatedMlp forward']).toEqual({ flops: 3 * 2_048 });
    expect(works['linearLoss forward']).toEqual({ flops: 2 * 8 * 8 * 12 });
    expect(works['linearLoss both']).toEqual({ flops: 6 * 8 * 8 * 12 });
  });

  it('count the causal half of attention', () => {
    let pairs = 0;
    for (let window = 0; window < sizes.B; window++)
      for (let query = 0; query < sizes.T; query++) for (let key = 0; key <= query; key++) pairs++;
    // Two attention heads of 4 values each; every pair is one product with the key and one with the value.
    const flops = pairs * 2 * 4 * 2 * 2;
    expect(worksOf(attentionPasses)).toEqual({
      'attention forward': { flops },
      'attention backward': { flops: 2 * flops },
    });
  });

  it('move what one counts by hand', () => {
    const works = worksOf(rowPasses, tokenPasses);
    // 64 values in and out, 8 gains; backward also reads the gradient, and writes that of the gains.
    expect(works['rmsNorm forward']).toEqual({ bytes: 4 * (64 + 64 + 8) });
    expect(works['rmsNorm backward']).toEqual({ bytes: 4 * (3 * 64 + 2 * 8) });
    expect(works['embed forward']).toEqual({ bytes: 4 * (8 + 64 + 64) });
    expect(works['argmax forward']).toEqual({ bytes: 4 * (96 + 8) });
  });

  it('update as many weights as the yardstick has', () => {
    const counts = modelShapes(YARDSTICK_SIZES).map((shape) => shape.reduce((product, n) => product * n, 1));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(7_361_280);
  });
});
