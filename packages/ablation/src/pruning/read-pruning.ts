import { canonicalJson, type Experiment, formatProblem, type Json, type Path, validationStep } from '@foretoken/core';
import type { ReadAblation } from '../matrix/ablation-file.ts';
import type { ResolvedCell } from '../matrix/resolve-arms.ts';
import { LEAST_PAIRS } from '../statistics/compare-arms.ts';
import { keptOf } from './halving.ts';
import type { Pruning } from './pruning.ts';

/** `halving` of the file. */
interface HalvingSettings {
  readonly rungs?: readonly number[];
  /** In place of `rungs`: the first of them, each further one `factor` times as far. */
  readonly first?: number;
  readonly factor?: number;
  readonly keep?: number;
}

/** `paired` of the file. */
interface PairedSettings {
  readonly rungs?: readonly number[];
  readonly alpha?: number;
}

/** `pruning` of the file: one of the two. */
export interface PruningSettings {
  readonly halving?: HalvingSettings;
  readonly paired?: PairedSettings;
}

const DEFAULT_FACTOR = 2;
/** Rungs before the end, where the file says the factor alone. */
const DEFAULT_RUNGS = 2;
const PAIRED_RUNGS = [0.25, 0.5, 0.75];
const DEFAULT_ALPHA = 0.05;

/** A sentence on a place of the file. */
type Say = (sentence: string, ...at: Path) => string;

/**
 * How the file wants arms to be stopped, complete; what is wrong with that, in itself and for these arms, comes beside.
 * @param cells - resolved, arm by arm, the baseline first
 */
export function readPruning(
  { source, file: { pruning } }: ReadAblation,
  cells: readonly ResolvedCell[],
): { readonly pruning?: Pruning; readonly problems: readonly string[] } {
  if (!pruning) return { problems: [] };
  const named = (['halving', 'paired'] as const).filter((rule) => pruning[rule] !== undefined);
  if (named.length !== 1) {
    const got = named.length === 0 ? 'neither' : 'both';
    return { problems: [formatProblem(source, ['pruning'], `must be one of halving and paired, had ${got}.`)] };
  }
  const [rule] = named;
  const say: Say = (sentence, ...at) => formatProblem(source, ['pruning', rule, ...at], sentence);
  const ofForm = rule === 'halving' ? halvingProblems(pruning.halving!, say) : [];
  if (ofForm.length > 0) return { problems: ofForm };
  const complete = completed(pruning);
  const ofRungs = rungProblems(complete, say);
  if (ofRungs.length > 0 || cells.length === 0) return { problems: ofRungs };
  return { pruning: complete, problems: matrixProblems(complete, armsOf(cells), say) };
}

function completed({ halving, paired = {} }: PruningSettings): Pruning {
  if (!halving) return { rule: 'paired', rungs: paired.rungs ?? PAIRED_RUNGS, alpha: paired.alpha ?? DEFAULT_ALPHA };
  const { rungs, factor = DEFAULT_FACTOR, first = factor ** -DEFAULT_RUNGS } = halving;
  return { rule: 'halving', rungs: rungs ?? growing(first, factor), keep: halving.keep ?? 1 / factor };
}

/** first, first x factor, ... below 1. */
function growing(first: number, factor: number): number[] {
  const rungs: number[] = [];
  // A third that grows threefold is the end, whatever its last digit.
  for (let rung = first; rung < 1 - 1e-9; rung *= factor) rungs.push(rung);
  return rungs;
}

function halvingProblems({ rungs, first, factor }: HalvingSettings, say: Say): string[] {
  if (rungs) {
    const other = first !== undefined ? 'first' : factor !== undefined ? 'factor' : undefined;
    return other === undefined ? [] : [say('says the rungs, which "rungs" says too. Remove one of them.', other)];
  }
  return first === undefined || isShare(first) ? [] : [say(`${SHARE}, was ${first}.`, 'first')];
}

const SHARE = 'must be a share of each arm’s own steps, above 0 and below 1';
const isShare = (value: number): boolean => value > 0 && value < 1;

function rungProblems({ rungs }: Pruning, say: Say): string[] {
  return rungs.flatMap((rung, i) => {
    if (!isShare(rung)) return [say(`${SHARE}, was ${rung}.`, 'rungs', i)];
    if (i === 0 || rung > rungs[i - 1]) return [];
    return [say(`must be more than the rung before it, ${rungs[i - 1]}, was ${rung}.`, 'rungs', i)];
  });
}

interface Arm {
  readonly name: string;
  /** Of the first seed. */
  readonly experiment: Experiment;
  readonly seeds: number;
}

function armsOf(cells: readonly ResolvedCell[]): Arm[] {
  const arms = new Map<string, Arm>();
  for (const { arm, experiment } of cells) {
    const known = arms.get(arm) ?? { name: arm, experiment, seeds: 0 };
    arms.set(arm, { ...known, seeds: known.seeds + 1 });
  }
  return [...arms.values()];
}

function matrixProblems(pruning: Pruning, arms: readonly Arm[], say: Say): string[] {
  return [
    ...nothingToStop(pruning, arms, say),
    ...tooFewSeeds(pruning, arms, say),
    ...otherData(arms, say),
    ...arms.flatMap((arm) => sharedValidations(pruning, arm, say)).slice(0, 1),
  ];
}

/** Arms that training cannot tell apart count once. */
function nothingToStop(pruning: Pruning, arms: readonly Arm[], say: Say): string[] {
  const trained = new Set(arms.map(({ experiment }) => trainedAs(experiment)));
  const others = trained.size - 1;
  if (others < 1)
    return [say('stops nothing: no arm is trained in another way than the baseline, which is never stopped.')];
  if (pruning.rule === 'paired' || keptOf(others, pruning.keep) < others) return [];
  const arm = others === 1 ? 'arm' : 'arms';
  return [
    say(`stops nothing: of ${others} ${arm} beside the baseline, a share of ${pruning.keep}, rounded up, is all.`),
  ];
}

function trainedAs({ name: _, decoders: __, evals: ___, seed: ____, ...trained }: Experiment): string {
  return canonicalJson(trained as unknown as Json);
}

function tooFewSeeds({ rule }: Pruning, [{ seeds }]: readonly Arm[], say: Say): string[] {
  if (rule === 'halving' || seeds >= LEAST_PAIRS) return [];
  return [
    say(`takes at least ${LEAST_PAIRS} seeds, as every verdict does; there ${seeds === 1 ? 'is 1' : `are ${seeds}`}.`),
  ];
}

/** Losses at rungs are compared per token. */
function otherData([baseline, ...others]: readonly Arm[], say: Say): string[] {
  const asked = ({ experiment: { data, training } }: Arm) =>
    canonicalJson([data.dataset, data.tokenizer, training.validationWindows] as unknown as Json);
  const other = others.find((arm) => asked(arm) !== asked(baseline));
  if (!other) return [];
  return [
    say(
      `compares held-out losses per token, which takes the same data.dataset, data.tokenizer and training.validationWindows; ` +
        `${JSON.stringify(other.name)} has others than ${JSON.stringify(baseline.name)}.`,
    ),
  ];
}

/** Two rungs at one validation would be one, and one at the end none. */
function sharedValidations({ rungs }: Pruning, { name, experiment: { training } }: Arm, say: Say): string[] {
  const { steps, validateEvery } = training;
  return rungs.flatMap((rung, i) => {
    const step = validationStep(training, rung);
    const isTaken = i > 0 && validationStep(training, rungs[i - 1]) === step;
    if (step < steps && !isTaken) return [];
    const what = step < steps ? `as rung ${rungs[i - 1]} does` : 'the last';
    return [
      say(
        `comes to step ${step} of ${JSON.stringify(name)}, ${what}: it validates every ${validateEvery} of its ${steps} steps. ` +
          'Lower training.validateEvery, or give other rungs.',
        'rungs',
        i,
      ),
    ];
  });
}
