import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { runPaths } from './run-directory.ts';
import { readRunSummary, type TrainingSummary, writeRunSummary } from './run-summary.ts';

const summary = {
  ...{ parameters: 10, steps: 4, tokens: 64, isTrainingFlopsUpperBound: undefined },
  timings: { seconds: 0.125, tokensPerSecond: 512 },
} as unknown as TrainingSummary;

describe('the summary of a run', () => {
  it('is read as it was written', async () => {
    const paths = runPaths(temporaryFolder());
    await writeRunSummary(paths, summary);
    expect(await readRunSummary(paths)).toEqual(summary);
  });

  it.each([
    ['with another number in it', (text: string) => text.replace('"tokens": 64', '"tokens": 65')],
    ['without its hash', (text: string) => text.replace(/,\s*"contentHash": "[0-9a-f]{64}"/, '')],
  ])('%s is refused, and says what to do', async (_, edit) => {
    const paths = runPaths(temporaryFolder());
    await writeRunSummary(paths, summary);
    const text = readFileSync(paths.summary, 'utf8');
    expect(edit(text)).not.toBe(text);
    writeFileSync(paths.summary, edit(text));
    await expect(readRunSummary(paths)).rejects.toThrow(
      /^FILE_CORRUPT: .*summary\.json was changed after it was written.*remove it: the training then writes it anew/,
    );
  });
});
