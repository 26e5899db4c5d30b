import { describe, expect, it } from 'vitest';
import { benchCommand } from './bench.ts';

/** Options as the action of a sub-command gets them. */
function parse(name: string, ...args: string[]): Record<string, unknown> {
  const command = benchCommand().commands.find((each) => each.name() === name)!;
  command.exitOverride().configureOutput({ writeErr() {} });
  const { unknown } = command.parseOptions(args);
  expect(unknown).toEqual([]);
  return command.opts();
}

describe('bench', () => {
  it('has one command for each thing that is measured', () => {
    const names = benchCommand().commands.map((command) => command.name());
    expect(names).toEqual(['training', 'decoding', 'ops', 'peak', 'share', 'memory', 'horizon']);
  });

  it('training measures the yardstick on the first engine that runs, unless told otherwise', () => {
    const { threads, ...options } = parse('training');
    expect(threads).toBeUndefined();
    expect(options).toEqual({
      width: 256,
      layers: 6,
      attentionHeads: 4,
      horizon: 4,
      vocab: 256,
      match: 'none',
      engine: 'auto',
      precision: 'float32',
      batch: 8,
      context: 256,
      steps: 9,
      warmup: 2,
      backward: 'sequential',
    });
  });

  it('decoding takes several decoders and batches', () => {
    const options = parse('decoding', '--decoder', 'greedy,speculative', '--batch', '1,8', '--threads', '2');
    expect(options).toMatchObject({ decoder: ['greedy', 'speculative'], batch: [1, 8], threads: 2, tokens: 128 });
  });

  it('training and decoding take another head than the paper’s', () => {
    for (const name of ['training', 'decoding'])
      expect(parse(name, '--head', 'hydra')).toMatchObject({ head: 'hydra' });
  });

  it.each([
    ['fp32', 'float32'],
    ['float32', 'float32'],
    ['bf16', 'bfloat16'],
    ['bfloat16', 'bfloat16'],
  ])('reads --precision %s as %s', (said, meant) => {
    expect(parse('training', '--precision', said).precision).toBe(meant);
  });

  it.each([
    ['training', '--precision', 'fp8'],
    ['training', '--threads', '0'],
    ['training', '--match', 'flops'],
    ['share', '--backward', 'twice'],
    ['ops', '--rounds', '0'],
    ['ops', '--only', 'matmul,'],
  ])('%s refuses %s %s', (name, ...args) => {
    expect(() => parse(name, ...args)).toThrow(/is invalid/);
  });
});
