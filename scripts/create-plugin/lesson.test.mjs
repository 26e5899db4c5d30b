import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { followLesson, readLesson } from './lesson.mjs';

test('every block of the lesson says what it is, so that a test can follow it', () => {
  const lesson = readLesson();
  expect(lesson.length).toBeGreaterThan(8);
  for (const { what, text } of lesson) expect(what, text).toMatch(/^(run(, fails)?|(write|patch) [\w./-]+|shown)$/);
  expect(lesson[0].text).toMatch(/^npm create foretoken-plugin -- --kind head /);
});

/** Follows the lesson with commands that only say they ran. */
async function follow(answer) {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-lesson-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const ran = [];
  await followLesson(folder, async (line, at) => {
    ran.push([path.relative(folder, at), line]);
    return answer(line, ran.filter(([, other]) => other === line).length);
  });
  return { folder, ran };
}

const shown = () => readLesson().find(({ what }) => what === 'shown').text;

test('the lesson writes and mends a head, and ends with an ablation elsewhere', async () => {
  // The second of its three runs of the tests fails.
  const { folder, ran } = await follow((line, time) => ({
    code: line === 'npm test' && time === 2 ? 1 : 0,
    captured: line === 'npm test' ? shown() : '',
  }));
  expect(ran.at(0)[0]).toBe('');
  expect(ran.at(1)).toEqual(['shared-rank', 'npm install']);
  expect(ran.at(-1)).toEqual(['study', 'npx foretoken ablate ablation.yaml']);
  const head = readFileSync(path.join(folder, 'shared-rank/src/shared-rank.ts'), 'utf8');
  expect(head).toContain('ops.silu(ops.linear(hidden_BTD, down_DR))');
  expect(head).not.toContain('mean_B1D');
});

test('a lesson that is not true is caught', async () => {
  await expect(follow(() => ({ code: 0, captured: '' }))).rejects.toThrow(
    '"npm test" ended with 0; the lesson says that it fails.',
  );
  await expect(follow((line) => ({ code: line === 'npm test' ? 1 : 0, captured: '' }))).rejects.toThrow(
    'says that it works',
  );
  const silent = (line, time) => ({ code: line === 'npm test' && time === 2 ? 1 : 0, captured: '' });
  await expect(follow(silent)).rejects.toThrow('was not printed');
});
