import path from 'node:path';
import { parseSource, readConfigFile, readJson, readRegularFile, writeJson } from '@foretoken/core/light';
import { PRUNED_FILE } from '../pruning/pruning.ts';
import type { AblationResults } from '../results/results.ts';
import { areInputsCurrent, type PlanInputs, sha256 } from './plan-inputs.ts';

/** What sealing needs of a plan. */
export interface SealedPlan {
  readonly file: string;
  readonly directory: string;
  readonly cells: readonly { readonly id: string }[];
  /** Undefined where more decides the plan than is noted. */
  readonly inputs?: PlanInputs;
}

/** An ablation of which nothing changed since it was finished. */
export interface FinishedAblation {
  readonly directory: string;
  readonly results: AblationResults;
  readonly reportHtml: string;
}

interface Seal {
  readonly formatVersion: number;
  readonly file: string;
  readonly directory: string;
  readonly inputs: PlanInputs;
  /** SHA-256 of every file that an ablation leaves, by path from its folder. */
  readonly outputs: { readonly [file: string]: string };
}

const SEAL = 'finished.json';

/** A file that an ablation leaves, as the seal names it. */
const OUTPUT = /^(cells\/[0-9a-z-]+\/)?[a-z-]+\.[a-z]+$/;

/**
 * Notes that an ablation is finished, with its report: what it was planned from, and what it left. The file saves work and
 * proves nothing; without it everything is read, planned and reported again, to the same end.
 * @throws FILE_WRITE, DISK_FULL
 */
export async function sealFinished({ file, directory, cells, inputs }: SealedPlan): Promise<void> {
  if (!inputs) return;
  const ids = [...new Set(cells.map(({ id }) => id))].sort();
  const pruned = await prunedIds(directory);
  const names = [
    ...ids.map((id) => `cells/${id}/${pruned.has(id) ? PRUNED_FILE : 'cell.json'}`),
    'ablation.json',
    'results.json',
    'report.html',
    'report.md',
  ];
  const outputs = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await hashOf(directory, name)])),
  );
  await writeJson(path.join(directory, SEAL), { file, directory, inputs, outputs });
}

/** Cells that have no record, having been stopped. */
async function prunedIds(directory: string): Promise<ReadonlySet<string>> {
  const { arms } = await readResults(directory);
  return new Set(arms.flatMap(({ cells }) => cells).flatMap(({ id, status }) => (status === 'pruned' ? [id] : [])));
}

/**
 * Finds out whether an ablation is finished and everything still is as it was then: the files that it is planned from, the
 * code, the machine, and every file that it left.
 *
 * @returns undefined if not, or if in doubt: planning says what is wrong
 */
export async function readFinished(file: string): Promise<FinishedAblation | undefined> {
  try {
    const directory = outputOf(file);
    const seal = (await readJson(path.join(directory, SEAL))) as unknown as Seal;
    if (seal.directory !== directory || seal.file !== path.resolve(file)) return undefined;
    if (!(await areInputsCurrent(seal.inputs)) || !(await areUnchanged(directory, seal.outputs))) return undefined;
    const { arms } = await readResults(directory);
    return { directory, results: { arms }, reportHtml: path.join(directory, 'report.html') };
  } catch {
    return undefined;
  }
}

const readResults = async (directory: string): Promise<AblationResults> =>
  (await readJson(path.join(directory, 'results.json'))) as unknown as AblationResults;

function outputOf(file: string): string {
  const { value } = parseSource(readConfigFile(file), file);
  return path.resolve(path.dirname(file), (value as { readonly output: string }).output);
}

async function areUnchanged(directory: string, outputs: Seal['outputs']): Promise<boolean> {
  const names = Object.keys(outputs);
  // The seal is a file like others, which may name any: what an ablation leaves lies in its folder.
  if (!names.every((name) => OUTPUT.test(name))) return false;
  const hashes = await Promise.all(names.map((name) => hashOf(directory, name)));
  return names.every((name, i) => outputs[name] === hashes[i]);
}

const hashOf = async (directory: string, name: string): Promise<string> =>
  sha256(await readRegularFile(path.join(directory, ...name.split('/'))));
