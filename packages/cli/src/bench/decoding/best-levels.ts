import { draftSources } from '@foretoken/core/model';
import type { CommandContext } from '../../process/context.ts';
import type { DecodingModel } from './decoding-model.ts';
import { type ContenderRuns, inTurns, type Schedule } from './timed-runs.ts';

/** Fixed numbers of levels and the cost model at one batch size. */
export interface BestLevels {
  readonly batch: number;
  /** Tokens per second of `fixed` with 0, 1, ... levels, prefill apart: none of them moves it. */
  readonly fixed: readonly number[];
  /** Of `fixed`, the best number of levels. */
  readonly best: number;
  readonly costModel: number;
  /** Levels that the cost model drafted, on average over forwards. */
  readonly costModelLevels: number;
  /** `costModel` over the best of `fixed`. */
  readonly ratio: number;
}

/** `foretoken bench decoding --best-k --json`. */
export interface BestLevelsReport {
  readonly engine: string;
  readonly threads: number;
  readonly batches: readonly BestLevels[];
}

/** Decodes with every fixed number of levels and with the cost model, in turns, batch by batch. */
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
      found.push(bestOf(batch, await inTurns(context, model, contenders, schedule)));
    });
  }
  return { engine: model.engine.name, threads: model.engine.threads, batches: found };
}

function bestOf(batch: number, contenders: readonly ContenderRuns[]): BestLevels {
  const rates = contenders.map(({ runs }) => {
    const [tokens, seconds] = runs.reduce(
      ([tokens, seconds], run) => [tokens + run.tokens, seconds + run.seconds - run.prefillSeconds],
      [0, 0],
    );
    return tokens / seconds;
  });
  const fixed = rates.slice(0, -1);
  const best = fixed.indexOf(Math.max(...fixed));
  const costModel = rates[rates.length - 1];
  const { runs } = contenders[contenders.length - 1];
  const drafted = runs.reduce((sum, { proposed }) => sum + proposed.reduce((total, one) => total + one, 0), 0);
  const forwards = runs.reduce((sum, run) => sum + run.forwards, 0);
  return { batch, fixed, best, costModel, costModelLevels: drafted / forwards, ratio: costModel / fixed[best] };
}
