import { describe, expect, it } from 'vitest';
import type { CurveReport } from './curve.ts';
import { bestLevelsLines, curveLines } from './lines.ts';
import { curveSvg } from './write-curve.ts';

const report: CurveReport = {
  engine: 'native',
  threads: 2,
  promptTokens: 64,
  nodes: [1, 2, 3],
  batches: [
    { batch: 1, verifyMs: [4, 4, 8], stepMs: [4, 5, null] },
    { batch: 16, verifyMs: [10, 20, 30], stepMs: [10, 25, null] },
  ],
};

describe('t(k)', () => {
  it('is a line per batch and number of nodes, without bars where no terminal shows them', () => {
    const lines = curveLines(report, false).slice(-6);
    expect(lines[0]).toMatch(/^ +1 +1 +4\.00 +1\.00 +4\.00$/);
    expect(lines[2]).toMatch(/^ +1 +3 +8\.00 +2\.00 +–$/);
    expect(lines.join('')).not.toContain('█');
  });

  it('has bars on a terminal, each as long as its time is of the longest of its batch', () => {
    const bars = curveLines(report, true)
      .slice(-6)
      .map((line) => [...line].filter((character) => character === '█').length);
    expect(bars).toEqual([20, 20, 40, 13, 26, 40]);
  });

  it('is drawn as one line a batch, and a dashed one for whole steps', () => {
    const svg = curveSvg(report);
    expect(svg.match(/<polyline /g)).toHaveLength(4);
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(2);
    // The highest ratio, 3, is the top of the drawing; the lowest nodes are at its left.
    expect(svg).toContain('points="60,221.3 305,128.7 550,36"');
    expect(svg).toContain('>batch 16<');
  });
});

it('the best number of levels stands beside what the cost model made of it', () => {
  const pairs = { bestInPairs: 149, costModel: 147, costModelLevels: 1.1, ratio: 0.98 };
  const batches = [{ batch: 4, fixed: [100, 150, 120], best: 1, ...pairs, ratioQuartiles: [0.96, 1.01] as const }];
  const lines = bestLevelsLines({ engine: 'native', threads: 1, batches });
  expect(lines[0]).toContain('1 thread:');
  expect(lines.at(-1)).toMatch(/^ +4 +100 +150 +120 +1 +149 +147 +1\.10 +0\.980 +0\.960 to 1\.010$/);
});
