import { createForetokenHost } from '@foretoken/ablation';
import { createRandom, type Emission, type RunScope } from '@foretoken/core';
import { draftSources } from '@foretoken/core/evaluation';
import { openTrainedRun } from '@foretoken/core/training';
import { isForetokenError } from '@foretoken/engine/errors';
import type { GenerateOptions } from '../commands/generate.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { readRun } from '../run-folder/read-run.ts';
import { type ChosenDecoder, chooseDecoder } from './choose-decoder.ts';
import { logProbabilityLines } from './log-probability-table.ts';
import { readPrompts } from './read-prompts.ts';
import { rowsText } from './rows-text.ts';
import { type Decoded, type Summary, summaryLines, summaryOf } from './summary.ts';

/** Streams text that goes on from prompts. */
export async function run(
  context: CommandContext,
  [folder]: readonly string[],
  options: GenerateOptions,
): Promise<number> {
  const { directory, experiment, baseDirectory } = await readRun(folder);
  const prompts = await readPrompts(options);
  const host = await createForetokenHost();
  try {
    const chosen = await chooseDecoder(host, { experiment, baseDirectory }, options);
    const scope = await openTrainedRun(host, experiment, { directory, baseDirectory });
    const summary = await summarized(context, scope, { chosen, prompts, options });
    if (context.isJson) context.printJson({ run: directory, ...summary });
    else report(context, summary);
    return summary.isInterrupted ? EXIT.interrupted : EXIT.done;
  } finally {
    await host.dispose();
  }
}

function report(context: CommandContext, summary: Summary): void {
  for (const row of summary.rows) for (const line of logProbabilityLines(row)) context.print(line);
  for (const line of summaryLines(summary)) context.say(line);
}

/** What is to be decoded, and how. */
interface Task {
  readonly chosen: ChosenDecoder;
  readonly prompts: readonly Uint8Array[];
  readonly options: GenerateOptions;
}

async function summarized(context: CommandContext, scope: RunScope, task: Task): Promise<Summary> {
  const { seed = scope.experiment.seed, tokens: maxTokens, window } = task.options;
  const decoded = await decode(context, scope, { ...task, options: { ...task.options, seed } });
  const model = await scope.get('model');
  const tokenizer = scope.get('tokenizer');
  const lengths = task.prompts.map((bytes) => tokenizer.encode(bytes).length);
  // A draft that the end of the context cut off was not rejected.
  const room = (prompt: number) =>
    window === undefined ? Math.min(maxTokens, model.dims.context - lengths[prompt]) : maxTokens;
  return summaryOf(task.chosen, decoded, {
    ...{ seed, tokenizer, maxTokens: room },
    levels: task.chosen.named.decoder.drafts ? draftSources(model).length : 0,
  });
}

/** Decodes and shows; an interrupt ends it with what there is. */
async function decode(
  context: CommandContext,
  scope: RunScope,
  { chosen: { named }, prompts: bytes, options }: Task,
): Promise<Decoded> {
  const tokenizer = scope.get('tokenizer');
  const { tokens: maxTokens, stop: strings = [], window, logProbabilities } = options;
  const prompts = bytes.map((text) => new TextDecoder().decode(text));
  const text = rowsText(context, tokenizer, { prompts, stops: strings });
  const session = await scope.openSession();
  const emissions: Emission[] = [];
  let isInterrupted = false;
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1_000;
  const request = {
    prompts: bytes.map((prompt) => ({ tokens: tokenizer.encode(prompt), sampling: named.sampling })),
    ...{ maxTokens, stops: { strings }, tokenizer, window, logProbabilities },
    ...{ rule: named.rule, policy: named.policy, signal: context.signal },
    random: (prompt: number) => createRandom(options.seed!, `generate/${prompt}`),
  };
  try {
    for await (const emission of named.decoder.generate(session, request)) {
      if (emission.error) throw emission.error;
      emissions.push(emission);
      text.push(emission);
    }
  } catch (error) {
    if (!context.signal.aborted || !isInterruption(error)) throw error;
    isInterrupted = true;
  } finally {
    if (emissions.length > 0) text.end();
    session.dispose();
  }
  return { emissions, prompts, texts: text.plain, seconds: seconds(), isInterrupted };
}

const isInterruption = (error: unknown): boolean =>
  (isForetokenError(error) && error.code === 'INTERRUPTED') || (error instanceof Error && error.name === 'AbortError');
