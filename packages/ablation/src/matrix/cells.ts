import {
  deepFreeze,
  type EngineSettings,
  type Experiment,
  hashJson,
  type Json,
  type PluginKind,
  type Registry,
  resolveExperiment,
  sourceOf,
} from '@foretoken/core';
import { type CodeContext, codeOf, type PackageVersions } from '../identity/code-of.ts';
import type { CodeHashes } from '../identity/hash-package.ts';
import { evalsAlone } from './evals-alone.ts';
import type { ResolvedCell } from './resolve-arms.ts';

export type { PackageVersions };

/** One arm with one seed, frozen: nothing that changes later changes it. */
export interface Cell {
  /**
   * Names the result: the start of a SHA-256 over everything known before the run that can change it (the experiment
   * without its name and with the engine's fingerprint in place of the engine's name, the versions and contents of the
   * packages used). Equal id, equal result.
   *
   * The data is known by its configuration alone: its contents would have to be read whole to plan. A training checks them
   * against what it started from, and results of different contents are not put together (DATA_CHANGED).
   */
  readonly id: string;
  readonly arm: string;
  readonly seed: number;
  /** Names the training that it measures. */
  readonly trainingKey: string;
  readonly experiment: Experiment;
  readonly packages: PackageVersions;
  /** Contents of those packages; one whose folder is not known goes by its version. */
  readonly code: CodeHashes;
  /** Fingerprint of its engine. */
  readonly engine: string;
  /** Evals that are run alone on the machine, after the others. */
  readonly alone: readonly string[];
}

/** One training, shared by every cell that differs in nothing that training sees. */
export interface Training {
  /** As a cell's id, over the experiment with the default decoders and without evals. */
  readonly key: string;
  /** What the run is trained as. */
  readonly experiment: Experiment;
  /** Ids of the cells that measure it. */
  readonly cells: readonly string[];
}

/** What is the same for every cell of a plan. */
export interface CellContext extends CodeContext {
  /** What carries an engine's results: instruction set and versions. */
  fingerprint(engine: EngineSettings): string;
}

/** Hex digits of an identity: 96 bits, so that no two of a lifetime's cells meet. */
const DIGITS = 24;

/** Plugins that only measuring uses: decoding and evals. */
const MEASURING: ReadonlySet<PluginKind> = new Set(['decoder', 'acceptance-rule', 'draft-policy', 'eval']);

/** Gives every resolved cell its identities, freezes it, and finds the trainings that cells share, in their order. */
export function freezeCells(
  resolved: readonly ResolvedCell[],
  context: CellContext,
): { readonly cells: readonly Cell[]; readonly trainings: readonly Training[] } {
  const trainings = new Map<string, { key: string; experiment: Experiment; cells: string[] }>();
  const trainedAs = trainingExperiments(context.registry);
  const cells = resolved.map((one) => {
    const trained = trainedAs(one);
    const cell = freezeCell(one, trained, context);
    const training = trainings.get(cell.trainingKey) ?? { key: cell.trainingKey, experiment: trained, cells: [] };
    trainings.set(training.key, training);
    if (!training.cells.includes(cell.id)) training.cells.push(cell.id);
    return cell;
  });
  return { cells, trainings: [...trainings.values()] };
}

function freezeCell({ arm, experiment }: ResolvedCell, trained: Experiment, context: CellContext): Cell {
  const engine = { ...experiment.engine, name: context.fingerprint(experiment.engine) };
  const used = codeOf(experiment, context, () => true);
  const usedInTraining = codeOf(experiment, context, (kind) => !MEASURING.has(kind));
  return deepFreeze({
    id: identity({ experiment: { ...experiment, name: '', engine }, ...used }),
    arm,
    seed: experiment.seed,
    trainingKey: identity({ experiment: { ...trained, engine }, ...usedInTraining }),
    experiment,
    ...used,
    engine: engine.name,
    alone: evalsAlone(experiment, context.registry),
  });
}

/** {@link trainingExperiment} of cells: those of one arm differ in the seed alone, and are resolved once. */
function trainingExperiments(registry: Registry): (cell: ResolvedCell) => Experiment {
  const byArm = new Map<string, Experiment>();
  return ({ arm, experiment }) => {
    const known = byArm.get(arm) ?? trainingExperiment(experiment, registry);
    byArm.set(arm, known);
    return deepFreeze({ ...known, seed: experiment.seed });
  };
}

/**
 * What training sees of an experiment, the rest as it is by default: cells that differ only there are trained as one,
 * and the run's folder can be decoded from like any other.
 */
function trainingExperiment({ decoders: _, ...experiment }: Experiment, registry: Registry): Experiment {
  const plain = { ...experiment, name: 'training', evals: [] };
  return resolveExperiment(sourceOf(plain as unknown as Json, 'training'), registry);
}

const identity = (value: object): string => hashJson(value).slice(0, DIGITS);
