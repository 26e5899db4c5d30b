import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { ForetokenError } from '@foretoken/core';
import { isBesideFolder } from '@foretoken/core/training';
import type { Skipped } from '../entry.ts';
import { skippedOf } from '../skipped.ts';
import { ablationUnits } from './ablation-units.ts';
import { runUnit } from './run-unit.ts';
import type { Unit } from './unit.ts';

/** Units in the order of their folders, and ablations whose plan cannot be read. */
export interface FoundUnits {
  readonly units: readonly Unit[];
  readonly skipped: readonly Skipped[];
}

/** Levels of folders below a root: runs lie at its first, those of sweeps somewhat deeper. */
const DEEPEST = 6;
/** Any of them makes a folder a run's, though it may have lost its experiment. */
const RUN_FILES = ['experiment.json', 'metrics.jsonl', 'provenance.json'];

/** Every run and ablation in some folders. Symbolic links are not followed, so that a loop of them is none. */
export async function findUnits(roots: readonly string[]): Promise<FoundUnits> {
  const units = new Map<string, Unit>();
  const skipped: Skipped[] = [];
  for (const root of roots) {
    await search(root, 0, {
      found: (unit) => units.set(unit.key, unit),
      skip: (one) => skipped.push(one),
    });
  }
  return { units: [...units.values()], skipped };
}

interface Findings {
  found(unit: Unit): void;
  skip(skipped: Skipped): void;
}

async function search(folder: string, depth: number, findings: Findings): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    findings.skip(skippedOf(folder, unreadable(folder, cause)));
    return [];
  });
  const files = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  if (files.has('ablation.json')) await addAblation(folder, findings);
  else if (RUN_FILES.some((name) => files.has(name))) findings.found(await runUnit(folder));
  else if (depth < DEEPEST) {
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const together = new Set(names);
    const inner = names.filter((name) => !isElsewhere(name, together));
    for (const name of inner.sort()) await search(path.join(folder, name), depth + 1, findings);
  }
}

async function addAblation(folder: string, { found, skip }: Findings): Promise<void> {
  try {
    for (const unit of await ablationUnits(folder)) found(unit);
  } catch (error) {
    skip(skippedOf(folder, error));
  }
}

/** The old version of a folder is no second run. */
const isElsewhere = (name: string, names: ReadonlySet<string>): boolean =>
  name.startsWith('.') || name === 'node_modules' || isBesideFolder(name, names);

const unreadable = (folder: string, cause: Error): ForetokenError =>
  new ForetokenError('FILE_READ', `${folder} could not be read: ${cause.message}. Check the path.`, { cause });
