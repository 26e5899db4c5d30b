import path from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Configuration,
  type EngineSettings,
  formatProblem,
  type Host,
  missingPackages,
  packagesListed,
  partOf,
  type Registry,
  readConfigFile,
  readConfiguration,
  type Source,
  throwProblems,
} from '@foretoken/core';
import { type PlanInputs, takeInputs } from '../finished/plan-inputs.ts';
import { ownPackages } from '../identity/code-of.ts';
import { createPackageHasher } from '../identity/hash-package.ts';
import { ablationInvalid, type ReadAblation, readAblation } from '../matrix/ablation-file.ts';
import { type Cell, freezeCells, type Training } from '../matrix/cells.ts';
import { expandArms } from '../matrix/expand-arms.ts';
import { type ArmInspector, createArmInspector } from '../matrix/inspect-arm.ts';
import { type ResolvedCell, resolveArms } from '../matrix/resolve-arms.ts';
import type { Pruning } from '../pruning/pruning.ts';
import { readPruning } from '../pruning/read-pruning.ts';
import { TRAINING } from '../run/cell-record.ts';

/** What planning needs of a host. */
export type PlanningHost = Pick<Host, 'plugins' | 'openEngine'>;

/** An ablation expanded once: whoever edits the files from here on changes nothing of it. */
export interface AblationPlan {
  readonly name: string;
  /** The ablation file, absolute. */
  readonly file: string;
  /** Folder that the experiments' relative paths start from: that of the file which holds the base. */
  readonly baseDirectory: string;
  /** Folder of the results, absolute. */
  readonly directory: string;
  /** Names of the arms, the baseline first. */
  readonly arms: readonly string[];
  /** One per arm and seed, arm by arm. Two arms that mean the same share an id, and so the work. */
  readonly cells: readonly Cell[];
  readonly trainings: readonly Training[];
  /** Fingerprints of the engines used, by name, with the precision where it is not float32. */
  readonly engines: { readonly [key: string]: string };
  /** How arms are stopped before their end; absent: none is. */
  readonly pruning?: Pruning;
  /** What all this follows from; undefined where it is not known whole. */
  readonly inputs?: PlanInputs;
}

/**
 * Reads an ablation file and expands it into complete, frozen cells; nothing is run or written.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_SYNTAX, FORMAT_VERSION for either file
 * @throws PLUGIN_NOT_FOUND, PLUGIN_INVALID, PLUGIN_API, PLUGIN_FAILED with everything that keeps packages of the base from being
 * loaded, each as file:line:column; ABLATION_INVALID where the codes differ. What else is wrong can be told once they are there
 * @throws ABLATION_INVALID with every problem of both files at once, each as file:line:column
 * @throws what opening an engine throws
 */
export async function planAblation(file: string, host: PlanningHost): Promise<AblationPlan> {
  const hashPackage = createPackageHasher();
  // Read before it is understood: whoever edits it in between is found to have changed it.
  const text = readConfigFile(file);
  const ablation = readAblation(file);
  const { base, baseDirectory, texts } = readBase(file, ablation);
  const available = await host.plugins.availableTo(packagesListed(base), baseDirectory);
  throwProblems(base, missingPackages(base, available.failures), 'ABLATION_INVALID');
  const { arms, resolved, pruning, problems } = await available.workOut((registry) => {
    const inspect = createArmInspector({ ablation: ablation.source, base, registry, baseDirectory });
    return expandAll(ablation, base, inspect);
  });
  if (problems.length > 0) throw ablationInvalid(problems);
  const { registry } = available;
  const engines = await fingerprintsOf(resolved.cells, host);
  const context = {
    registry,
    packages: ownPackages(),
    hashPackage,
    fingerprint: (engine: EngineSettings) => engines[engineKey(engine)],
  };
  return {
    name: ablation.file.name,
    file: path.resolve(file),
    baseDirectory,
    directory: path.resolve(path.dirname(file), ablation.file.output),
    arms: arms.map(({ name }) => name),
    ...freezeCells(resolved.cells, context),
    engines,
    ...(pruning && { pruning }),
    ...(isKnownWhole(resolved.cells) && {
      inputs: takeInputs({ ...texts, [file]: text }, directoriesOf(registry), hashPackage),
    }),
  };
}

/** Engines that are made of nothing but our packages and the machine. */
const OWN_ENGINES: ReadonlySet<string> = new Set(['auto', 'native', 'wasm', 'cpu']);

/** A base run has a checkpoint, and some engines have packages, that are no inputs as they are noted. */
const isKnownWhole = (cells: readonly ResolvedCell[]): boolean =>
  cells.every(({ experiment: { engine, model } }) => OWN_ENGINES.has(engine.name) && model.base === undefined);

function directoriesOf(registry: Registry): string[] {
  const plugins = registry.list().map(({ kind, name }) => registry.source(kind, name).directory);
  const own = [fileURLToPath(new URL('../..', import.meta.url)), ...ownPackages().map(({ directory }) => directory)];
  return [...plugins, ...own].filter((directory) => directory !== undefined);
}

function readBase(
  file: string,
  { source, file: ablation }: ReadAblation,
): { base: Source } & Omit<Configuration, 'source'> {
  if (typeof ablation.base !== 'string') {
    return { base: partOf(source, ['base']), baseDirectory: path.dirname(path.resolve(file)), texts: {} };
  }
  const baseFile = path.isAbsolute(ablation.base) ? ablation.base : path.join(path.dirname(file), ablation.base);
  const { source: base, ...read } = readConfiguration(baseFile);
  return { base, ...read };
}

/** Every arm, resolved, with the problems of both files. */
function expandAll(ablation: ReadAblation, base: Source, inspect: ArmInspector) {
  const { arms, seeds, problems } = expandArms(ablation, inspect);
  const resolved = resolveArms(ablation, inspect, arms, seeds);
  const { pruning, problems: ofPruning } = readPruning(ablation, resolved.cells);
  const all = [...problems, ...resolved.problems, ...ofPruning, ...reservedEvals(base, resolved.cells)];
  return { arms, resolved, pruning, problems: all };
}

/** Results are kept by the eval's name, beside those of the training. */
function reservedEvals(base: Source, cells: readonly ResolvedCell[]): string[] {
  const isTaken = cells.some(({ experiment }) => experiment.evals.some(({ name }) => name === TRAINING));
  const sentence = `an eval may not be named "${TRAINING}": the training's own results have that name.`;
  return isTaken ? [formatProblem(base, ['evals'], sentence)] : [];
}

/** Engine settings in words: the name, and the precision where it is not the usual one. */
function engineKey({ name, precision }: EngineSettings): string {
  return precision === 'float32' ? name : `${name} ${precision}`;
}

async function fingerprintsOf(cells: readonly ResolvedCell[], host: PlanningHost): Promise<{ [key: string]: string }> {
  const settings = new Map(cells.map(({ experiment: { engine } }) => [engineKey(engine), engine]));
  const fingerprints: { [key: string]: string } = {};
  for (const key of [...settings.keys()].sort()) {
    fingerprints[key] = (await host.openEngine(settings.get(key)!)).fingerprint;
  }
  return fingerprints;
}
