import type { Prompt } from '@foretoken/core';
import type { BenchDecodingOptions } from '../../commands/bench.ts';
import type { CommandContext } from '../../process/context.ts';
import { EXIT } from '../../process/exit-code.ts';
import { measureBestLevels } from './best-levels.ts';
import { measureCurve } from './curve.ts';
import { type DecoderConfig, type DecodingModel, withDecodingModel } from './decoding-model.ts';
import { bestLevelsLines, curveLines, detailedLines, speedLines } from './lines.ts';
import { detailedSpeedsOf, speedsOf } from './speeds.ts';
import { inTurns, type Schedule } from './timed-runs.ts';
import { weightBytes } from './weight-bytes.ts';
import { writeCurve } from './write-curve.ts';

/** Runs of a contender that count, where the tokens are random. */
const RUNS = 3;
/** Where a run's texts are decoded: steps of a kind until V8 has compiled what they are made of. */
const WARM_UP_STEPS = 2_000;

/** Measures decoders: speeds, the time of a step by nodes, or fixed numbers of levels against the cost model. */
export async function run(
  context: CommandContext,
  _: readonly string[],
  options: BenchDecodingOptions,
): Promise<number> {
  const measure = options.curve ? curve : options.bestK ? bestLevels : speeds;
  await withDecodingModel(options, options.curve || options.bestK ? 256 : 0, (model) =>
    measure(context, model, options),
  );
  return EXIT.done;
}

async function speeds(context: CommandContext, model: DecodingModel, options: BenchDecodingOptions): Promise<void> {
  const { decoder: names, batch: batches } = options;
  await model.withDecoders(configOf(names, options), async (decoders) => {
    const contenders = decoders.flatMap((decoder) => batches.map((batch) => ({ decoder, batch })));
    const results = await inTurns(context, model, contenders, scheduleOf(model, options));
    const isDetailed = options.split || options.run !== undefined;
    if (isDetailed) show(context, detailedSpeedsOf(model, results, weightBytes(model.model)), detailedLines);
    else show(context, speedsOf(model, results), speedLines);
  });
}

/** One object where one thing was measured, an array otherwise. */
function show<Speed>(
  context: CommandContext,
  speeds: readonly Speed[],
  linesOf: (speeds: readonly Speed[]) => string[],
): void {
  if (context.isJson) context.printJson(speeds.length === 1 ? speeds[0] : speeds);
  else for (const line of linesOf(speeds)) context.print(line);
}

async function bestLevels(context: CommandContext, model: DecodingModel, options: BenchDecodingOptions): Promise<void> {
  const report = await measureBestLevels(context, model, options.batch, scheduleOf(model, options));
  if (context.isJson) context.printJson(report);
  else for (const line of bestLevelsLines(report)) context.print(line);
}

async function curve(context: CommandContext, model: DecodingModel, options: BenchDecodingOptions): Promise<void> {
  const report = await measureCurve(context, model, options);
  if (options.svg !== undefined) await writeCurve(options.svg, report);
  if (context.isJson) context.printJson(report);
  else for (const line of curveLines(report, process.stdout.isTTY === true)) context.print(line);
}

/** Rule, policy and levels are for whoever drafts; greedy asks for none of them. `tree:16` is `tree` with 16 nodes. */
function configOf(names: readonly string[], { rule, policy, levels, sampled }: BenchDecodingOptions): DecoderConfig {
  const drafting = { ...(levels !== undefined && { levels }), ...(sampled && { sampled }) };
  const asked = {
    ...(rule !== undefined && { rule }),
    ...((policy !== undefined || Object.keys(drafting).length > 0) && {
      policy: { name: policy ?? 'fixed', ...drafting },
    }),
  };
  return Object.fromEntries(
    names.map((label) => {
      const [name, nodes] = label.split(':');
      const sized = nodes === undefined ? {} : { nodes: Number(nodes) };
      return [label.replace(':', '-'), { name, ...sized, ...(name !== 'greedy' && asked) }];
    }),
  );
}

/** Random prompts are decoded again and again; texts of a run once each, in batches. */
function scheduleOf({ prompts }: DecodingModel, { run, tokens: maxTokens }: BenchDecodingOptions): Schedule {
  if (run === undefined) {
    const groups = (batch: number) => Array.from({ length: RUNS }, () => prompts.slice(0, batch));
    return { groups, maxTokens, warmUpSteps: 0 };
  }
  const group = (first: number, batch: number): Prompt[] =>
    Array.from({ length: batch }, (_, index) => prompts[(first + index) % prompts.length]);
  const groups = (batch: number) =>
    Array.from({ length: Math.ceil(prompts.length / batch) }, (_, index) => group(index * batch, batch));
  return { groups, maxTokens, warmUpSteps: WARM_UP_STEPS };
}
