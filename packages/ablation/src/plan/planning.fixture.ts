import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ForetokenError, isForetokenError, loaderOf } from '@foretoken/core';
import type { Engine } from '@foretoken/engine';
import { afterAll, expect } from 'vitest';
import { fixtureRegistry } from '../matrix/registry.fixture.ts';
import { type AblationPlan, type PlanningHost, planAblation } from './plan-ablation.ts';

/** A base experiment with nothing but what has no default. */
export const plainBase = 'data: { dataset: { name: text-files, root: . } }';

/** Compiling options takes a while: once for all tests of a file. */
const plainRegistry = fixtureRegistry();

/** A host that plans and does nothing else. */
export function planningHost({
  fingerprint = 'tfjs 4.22 wasm simd',
  versions = {},
  directories = {},
}: {
  fingerprint?: string;
  versions?: { readonly [name: string]: string };
  /** Folders of packages, whose contents then count. */
  directories?: { readonly [name: string]: string };
} = {}): PlanningHost {
  const isPlain = Object.keys(versions).length + Object.keys(directories).length === 0;
  const registry = isPlain ? plainRegistry : fixtureRegistry(versions, directories);
  return {
    plugins: loaderOf(registry),
    openEngine: async ({ name }) => ({ name, fingerprint }) as unknown as Engine,
  };
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** Writes files into a new folder, which goes when the tests of the file are done. */
export async function folderWith(files: { readonly [name: string]: string }): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'foretoken-ablation-'));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  return folder;
}

/** Plans an ablation whose lines come after `formatVersion`, `name`, `base` and `output`. */
export async function planOf(
  lines: string,
  { base = plainBase, host = planningHost() }: { base?: string; host?: PlanningHost } = {},
): Promise<AblationPlan> {
  const header = 'formatVersion: 1\nname: test\nbase: experiment.yaml\noutput: out\n';
  const folder = await folderWith({ 'ablation.yaml': header + lines, 'experiment.yaml': base });
  return planAblation(path.join(folder, 'ablation.yaml'), host);
}

/** What planning such an ablation refuses, all of it. */
export async function problemsOf(lines: string, base?: string): Promise<readonly string[]> {
  const error: unknown = await planOf(lines, { base }).then(
    () => undefined,
    (thrown) => thrown,
  );
  expect(isForetokenError(error), String(error)).toBe(true);
  expect((error as ForetokenError).code).toBe('ABLATION_INVALID');
  // Folders of temporary files are no part of what is expected.
  return (error as ForetokenError).problems.map((problem) => problem.replaceAll(/\S*foretoken-ablation-\w+\//g, ''));
}

/** A folder with an ablation over `text/*.ts`: ten documents of code, all of one kind. */
export async function folderOfText(ablation: string): Promise<string> {
  const folder = await folderWith({ 'ablation.yaml': ablation });
  await mkdir(path.join(folder, 'text'));
  for (let i = 0; i < 10; i++) {
    const lines = Array.from({ length: 30 }, (_, j) => `export const name${(i * j) % 7} = ${(i + 1) * j};`);
    await writeFile(path.join(folder, 'text', `${i}.ts`), `${lines.join('\n')}\n`);
  }
  return folder;
}
