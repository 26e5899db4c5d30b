import { draftSources } from '@foretoken/core/model';
import type { CommandContext } from '../../process/context.ts';
import { median } from '../median.ts';
import type { DecodingModel } from './decoding-model.ts';
import { decodingRate, totalOf } from './speeds.ts';
import { inTurns, type Schedule, type TimedRun } from './timed-runs.ts';

/** Pairs of a run with the best fixed number of levels and one with the cost model. */
const LEAST_PAIRS = 8;

/** Fixed numbers of levels and the cost model at one batch size. */
export interface BestLevels {
  readonly batch: number;
  /** Tokens per second of `fixed` with 0, 1, ... levels, prefill apart: none of them moves it. */
  readonly fixed: readonly number[];
  /** Of `fixed`, the best number of levels. */
  readonly best: number;
  /** Tokens per second of that number once more, in turns with the cost model on the same prompts. */
  readonly bestInPairs: number;
  /** Of the cost model in those pairs, all that it pays to learn included. */
  readonly costModel: number;
  /** Levels that the cost model drafted, on average over forwards. */
  readonly costModelLevels: number;
  /** Speed of the cost model over that of the best number: the middle one of the pairs, and their quartiles. */
  readonly ratio: number;
  readonly ratioQuartiles: readonly [number, number];
}

/** `foretoken bench decoding --best-k --json`. */
export interface BestLevelsReport {
  readonly engine: string;
  readonly threads: number;
  readonly batches: readonly BestLevels[];
}

/**
 * Decodes with every fixed number of levels in turns, then with the best of them and the cost model, batch by batch.
 *
 * The best is found by one half of the runs and compared by the other: the highest of several noisy figures is too high.
 */
export async function measureBestLevels(
  context: CommandContext,
  model: DecodingModel,
  batches: readonly number[],
  schedule: Schedule,
): Promise<BestLevelsReport> {
  const most = draftSources(model.model).length;
  const fixed = Array.from({ length: most + 1 }, (_, levels) => [
    `fixed-${levels}`,
    { name: 'speculative', policy: { name: 'fixed', levels } },
  ]);
  const costModel = ['cost-model', { name: 'speculative', policy: 'cost-model' }];
  const found: BestLevels[] = [];
  for (const batch of batches) {
    // A cost model of its own for each batch: what it learnt at another would flatter it.
    await model.withDecoders(Object.fromEntries([...fixed, costModel]), async (decoders) => {
      const contenders = decoders.map((decoder) => ({ decoder, batch }));
      const rates = (await inTurns(context, model, contenders.slice(0, -1), schedule)).map(({ runs }) => rateOf(runs));
      const best = rates.indexOf(Math.max(...rates));
      const pair = [contenders[best], contenders[contenders.length - 1]];
      const [again, costModels] = await inTurns(context, model, pair, { ...schedule, groups: pairsOf(schedule) });
      found.push({ batch, fixed: rates, best, ...comparison(again.runs, costModels.runs) });
    });
  }
  return { engine: model.engine.name, threads: model.engine.threads, batches: found };
}

/** The prompts of a schedule, from the beginning again and again where they are few. */
function pairsOf({ groups }: Schedule): Schedule['groups'] {
  return (batch) => {
    const once = groups(batch);
    return Array.from({ length: Math.max(LEAST_PAIRS, once.length) }, (_, index) => once[index % once.length]);
  };
}

/** Runs of the best number of levels and of the cost model, pair by pair. */
function comparison(
  best: readonly TimedRun[],
  costModel: readonly TimedRun[],
): Omit<BestLevels, 'batch' | 'fixed' | 'best'> {
  const ratios = costModel.map((run, index) => rateOf([run]) / rateOf([best[index]])).sort((a, b) => a - b);
  const half = ratios.length / 2;
  const total = totalOf(costModel);
  return {
    bestInPairs: rateOf(best),
    costModel: decodingRate(total),
    costModelLevels: total.proposed.reduce((sum, share) => sum + share, 0),
    ratio: median(ratios),
    ratioQuartiles: [median(ratios.slice(0, Math.floor(half))), median(ratios.slice(Math.ceil(half)))],
  };
}

const rateOf = (runs: readonly TimedRun[]): number => decodingRate(totalOf(runs));
