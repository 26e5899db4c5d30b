// Whether the pruners keep their promises, and whether these tests would see one that does not.
import { createRandom, type Random } from '@foretoken/core';
import { describe, expect, it } from 'vitest';
import { testArms } from '../statistics/compare-arms.ts';
import { namedContestants } from './decisions.fixture.ts';
import { decisions } from './decisions.ts';
import { pWorse } from './paired.ts';
import type { Pruning } from './pruning.ts';

const RUNS = 2000;
const [ARMS, RUNGS, SEEDS] = [4, 3, 5];
const rungs = [0.25, 0.5, 0.75];

/** Three standard deviations of a share that is estimated from so many runs. */
const simulationError = (share: number): number => 3 * Math.sqrt((share * (1 - share)) / RUNS);

/**
 * Bits of arms that equal their baseline, [arm][rung][seed]: a seed moves all arms together, and the noise of an arm and seed
 * at one rung is half that of the rung before, as losses on the way are.
 */
function equalRace(random: Random): number[][][] {
  const seedEffect = Array.from({ length: SEEDS }, () => 3 + 0.2 * random.normal());
  return Array.from({ length: ARMS + 1 }, () => {
    let noise = seedEffect.map(() => random.normal());
    return Array.from({ length: RUNGS }, () => {
      noise = noise.map((value) => (value + random.normal()) / Math.SQRT2);
      return seedEffect.map((effect, seed) => effect + 0.05 * noise[seed]);
    });
  });
}

const contestants = namedContestants(ARMS + 1, SEEDS);
const decide = (pruning: Pruning, bits: readonly (readonly (readonly number[])[])[]) =>
  decisions(pruning, contestants, (key, rung) => {
    const [arm, seed] = key.split('/').map(Number);
    return { step: rung + 1, steps: RUNGS + 1, bits: bits[arm][rung][seed], dataHash: 'c0ffee' };
  });

/** Pairs of an arm with the baseline at a rung. */
const pairsOf = (bits: readonly (readonly number[])[][], arm: number, rung: number) =>
  bits[arm][rung].map((own, seed) => ({ own, baseline: bits[0][rung][seed] }));

describe.each([0.05, 0.3])(
  '2,000 matrices of 4 arms that equal their baseline, looked at 3 times, alpha %d',
  (alpha) => {
    const random = createRandom(6, `paired ${alpha}`);
    let [stopped, uncorrected] = [0, 0];
    for (let run = 0; run < RUNS; run++) {
      const bits = equalRace(random);
      if (decide({ rule: 'paired', rungs, alpha }, bits).some(({ kind }) => kind === 'pruned')) stopped++;
      const looks = rungs.flatMap((_, rung) =>
        Array.from({ length: ARMS }, (__, arm) => pWorse(pairsOf(bits, arm + 1, rung))!),
      );
      if (looks.some((p) => p <= alpha)) uncorrected++;
    }

    it('lose an arm in at most the share alpha of them, up to the error of the simulation', () => {
      expect(stopped / RUNS).toBeLessThanOrEqual(alpha + simulationError(alpha));
      // Not because nothing is ever stopped.
      expect(stopped / RUNS).toBeGreaterThan(alpha / 4);
    });

    it('control: without the correction more than twice as many would', () => {
      expect(uncorrected / RUNS).toBeGreaterThan(2 * alpha);
    });
  },
);

it('verdicts on what halving left are false in at most 5% of such matrices: arms that were stopped count as comparisons', () => {
  const random = createRandom(7, 'halving');
  let [falseVerdicts, uncorrected] = [0, 0];
  for (let run = 0; run < RUNS; run++) {
    const bits = equalRace(random);
    // The last validation is the end: what selected and what is tested are as near as they can be.
    const decided = decide({ rule: 'halving', rungs, keep: 0.5 }, bits);
    const pairs = Array.from({ length: ARMS }, (_, i) =>
      decided[i + 1].kind === 'pruned' ? [] : pairsOf(bits, i + 1, RUNGS - 1),
    );
    const verdicts = (arms: typeof pairs) =>
      testArms(
        arms.map((own) => ({ pairs: own, planned: SEEDS })),
        { better: 'lower' },
      ).map(({ verdict }) => verdict);
    if (verdicts(pairs).some((verdict) => verdict === 'better' || verdict === 'worse')) falseVerdicts++;
    if (verdicts(pairs.filter((own) => own.length > 0)).includes('better')) uncorrected++;
  }
  expect(falseVerdicts / RUNS).toBeLessThanOrEqual(0.05 + simulationError(0.05));
  // Control: had the stopped arms been forgotten, the best of four would have been tested as if it were one.
  expect(uncorrected / RUNS).toBeGreaterThan(0.05);
});
