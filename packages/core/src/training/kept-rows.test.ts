import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { Host } from '../di/host.ts';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { refuseOtherRows } from './kept-rows.ts';
import { trainRun, trainUntil } from './run.ts';
import { tinyExperiment, tinyHost } from './tiny-run.fixture.ts';

let host: Host;
beforeAll(async () => {
  host = await tinyHost();
});
afterAll(() => host.dispose());

/** A run of four steps that was stopped after the second, and its metrics. */
async function stoppedRun(training = '') {
  const directory = join(temporaryFolder(), 'run');
  const experiment = tinyExperiment(host, training);
  const options = { directory, baseDirectory: directory };
  await trainUntil(host, experiment, { ...options, share: 0.5 });
  const metrics = join(directory, 'metrics.jsonl');
  const resume = () => trainRun(host, experiment, { ...options, resume: true });
  return { metrics, resume, text: readFileSync(metrics, 'utf8') };
}

describe('a training that goes on', () => {
  it('refuses metrics that lack rows, by line, and leaves them as they are', async () => {
    const { metrics, resume, text } = await stoppedRun();
    const lines = text.split('\n');
    const changes: [string, RegExp][] = [
      [lines.slice(1).join('\n'), /steps 1 to 2, .*but line 1 is of step 2\. Put back/],
      [lines.toSpliced(1, 0, lines[0]).join('\n'), /but line 2 is of step 1\. /],
      [`${lines[0]}\n`, /but it ends after 1\. /],
      ['', /but it ends after 0\. /],
      [`${lines[0]}\nzeros\n`, /but line 2 is no row\. /],
    ];
    for (const [changed, said] of changes) {
      writeFileSync(metrics, changed);
      const error = await resume().catch((cause: unknown) => cause);
      expect(error).toMatchObject({ code: 'FILE_CORRUPT', message: expect.stringMatching(said) });
      expect(readFileSync(metrics, 'utf8')).toBe(changed);
    }
    writeFileSync(metrics, text);
    expect(await resume()).toMatchObject({ steps: 4 });
  });

  it('refuses rows of another version, by line, and leaves them as they are', async () => {
    const { metrics, resume, text } = await stoppedRun();
    const [first, second] = text.split('\n');
    const changed = `${first}\n${second.replace('"formatVersion":2', '"formatVersion":1')}\n`;
    writeFileSync(metrics, changed);
    await expect(resume()).rejects.toThrow(
      `FORMAT_VERSION: ${metrics}:2 has formatVersion 1; this release reads 2. Run "foretoken upgrade ${dirname(metrics)}".`,
    );
    expect(readFileSync(metrics, 'utf8')).toBe(changed);
  });

  it('refuses the metrics of a run with another learning rate', async () => {
    const { metrics, resume } = await stoppedRun();
    const other = await stoppedRun('learningRate: 0.5,');
    copyFileSync(other.metrics, metrics);
    await expect(resume()).rejects.toThrow(/FILE_CORRUPT: .*metrics\.jsonl must .*line 2 is a row of another run/);
  });
});

test('rows are known by the tokens of the last, and by the losses of the last that was learned from', () => {
  const row = (step: number, rest: object = {}) => ({
    formatVersion: 2,
    step,
    tokens: 8 * step,
    terms: ['a', 'b'],
    losses: [step, 0.5],
    ...rest,
  });
  const known = {
    tokens: 24,
    losses: new Map([
      ['a', 2],
      ['b', 0.5],
      ['c', 9],
    ]),
  };
  const skipped = { skipped: true, losses: [null, null] };
  const judge =
    (...rows: object[]) =>
    () =>
      refuseOtherRows({ path: 'log', rows: rows as never }, { path: 'saved', step: 3 }, known);
  expect(judge(row(1), row(2), row(3, skipped))).not.toThrow();
  expect(judge(row(1), row(2), row(3))).toThrow(/line 3 is a row of another run/);
  expect(judge(row(1), row(2, { losses: [2, 0.25] }), row(3, skipped))).toThrow(/line 2 is a row of another run/);
  expect(judge(row(1), row(2), row(3, { ...skipped, tokens: 23 }))).toThrow(/line 3 is a row of another run/);
  expect(judge(row(1, skipped), row(2, skipped), row(3, skipped))).not.toThrow();
  expect(judge(row(1), row(2, { formatVersion: 1 }), row(3, skipped))).toThrow(
    /^FORMAT_VERSION: log:2 has formatVersion 1;/,
  );
});
