import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { runBin } from '../testing/run-bin.fixture.ts';
import { projectOf } from '../testing/versions.fixture.ts';

test('foretoken upgrade says what it would do, does it, and then has nothing to do', async () => {
  const cwd = projectOf('v1');
  const planned = await runBin(['upgrade', 'run', '--dry-run', '--json'], { cwd });
  expect(planned.code, planned.stderr).toBe(0);
  expect(JSON.parse(planned.stdout)).toMatchObject({
    kind: 'run',
    from: 1,
    to: 2,
    outcome: 'planned',
    copied: [],
    leftOut: [],
  });
  expect(existsSync(path.join(cwd, 'run.v1-backup'))).toBe(false);
  expect(await runBin(['upgrade', 'run'], { cwd })).toMatchObject({
    ...{ code: 0, stderr: '' },
    stdout:
      'run: the run went from version 1 to 2: 5 records and 2 checkpoints written anew, 0 files copied\nthe old folder: run.v1-backup\n',
  });
  const again = await runBin(['upgrade', 'run'], { cwd });
  expect(again).toMatchObject({ code: 0, stdout: 'run: the run is of version 2 already, nothing to do\n' });
});

test('foretoken upgrade counts one as one, and says what is a record only', async () => {
  const cwd = projectOf('v1');
  rmSync(path.join(cwd, 'run/checkpoints/step-00000004.safetensors'));
  writeFileSync(path.join(cwd, 'run/notes.txt'), 'mine');
  const file = path.join(cwd, 'run/summary.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), parameters: 5 }));
  const { stdout } = await runBin(['upgrade', 'run'], { cwd });
  expect(stdout.split('\n')).toEqual([
    'run: the run went from version 1 to 2: 5 records and 1 checkpoint written anew, 1 file copied',
    'the old folder: run.v1-backup',
    'run: its model has other weights today; what is said of it can be read, and nothing goes on from it',
    '',
  ]);
});

test('foretoken clean says what can go, and removes it with --apply alone', async () => {
  const cwd = projectOf('v2');
  const checkpoints = () => readdirSync(path.join(cwd, 'run/checkpoints'));
  const said = await runBin(['clean', 'run'], { cwd });
  expect(said).toMatchObject({ code: 0, stderr: '' });
  expect(said.stdout.split('\n').map((line) => line.trimEnd())).toEqual([
    '        file                                       size  why',
    'remove  checkpoints/step-00000004.safetensors  35.3 KiB  no rule keeps it',
    'keep    checkpoints/step-00000008.safetensors  35.3 KiB  the newest',
    'run: 1 file, 35.3 KiB to be freed; nothing was removed: foretoken clean run --apply',
    '',
  ]);
  expect(checkpoints()).toHaveLength(2);
  const applied = await runBin(['clean', 'run', '--apply', '--json'], { cwd });
  expect(JSON.parse(applied.stdout)).toMatchObject({
    kind: 'run',
    applied: true,
    remove: [{ why: 'no rule keeps it' }],
  });
  expect(checkpoints()).toEqual(['step-00000008.safetensors']);
});

test.each([
  [['upgrade', 'nowhere'], 'RUN_NOT_FOUND'],
  [['upgrade'], 'USAGE'],
  [['clean', 'run'], 'FORMAT_VERSION'],
  [['clean', 'run', '--keep-every', '0'], 'USAGE'],
])('foretoken %j ends in %s and exit code 2', async (args, code) => {
  const cwd = projectOf('v1');
  const before = readdirSync(cwd);
  const { code: exit, stdout, stderr } = await runBin(args, { cwd });
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toMatch(new RegExp(`^${code}: `));
  expect(readdirSync(cwd)).toEqual(before);
});
