import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../files/temporary-folder.fixture.ts';
import { readMetrics } from './metrics-rows.ts';
import { runPaths } from './run-directory.ts';

test('metrics are read with the version of every row, and without a torn last line', async () => {
  const paths = runPaths(temporaryFolder());
  const path = paths.metrics;
  const rows = [1, 2, 3].map((step) => ({ formatVersion: 2, step }));
  const lines = rows.map((row) => JSON.stringify(row));
  writeFileSync(path, `${lines.join('\n')}\n{"formatVersion":1,"st`);
  expect(await readMetrics(paths)).toEqual(rows);
  for (const [version, said] of [
    [1, /has formatVersion 1; this release reads 2\. Run "foretoken upgrade /],
    [3, /has formatVersion 3; .* install foretoken@latest/],
    [undefined, /has formatVersion none; .*Restore the file/],
  ] as const) {
    writeFileSync(path, `${lines[0]}\n${JSON.stringify({ step: 2, formatVersion: version })}\n${lines[2]}\n`);
    const error = await readMetrics(paths).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ code: 'FORMAT_VERSION', message: expect.stringMatching(said) });
    expect((error as Error).message).toContain(`${path}:2 `);
  }
});
