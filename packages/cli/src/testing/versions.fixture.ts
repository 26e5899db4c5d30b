import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const FIXTURES = fileURLToPath(new URL('../../../ablation/src/upgrade/fixtures/', import.meta.url));

/** A folder with a project and what a release made of it, `run` and `ablation`; gone when the test is over. */
export function projectOf(version: 'v1' | 'v2'): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'foretoken-versions-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const part of ['project', version]) cpSync(path.join(FIXTURES, part), folder, { recursive: true });
  return folder;
}
