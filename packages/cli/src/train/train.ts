import path from 'node:path';
import { createForetokenHost } from '@foretoken/ablation';
import { loadExperiment, type Override } from '@foretoken/core';
import { type TrainOptions as CoreOptions, type TrainingSummary, trainRun } from '@foretoken/core/training';
import { isForetokenError } from '@foretoken/engine/errors';
import type { TrainOptions } from '../commands/train.ts';
import { formatBytes, formatDuration, formatRate } from '../output/quantities.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { howToGoOn } from './how-to-go-on.ts';
import { parseOverride } from './overrides.ts';

/** Trains the model of an experiment file in a folder of its own. */
export async function run(context: CommandContext, [file]: readonly string[], options: TrainOptions): Promise<number> {
  const overrides = [...(options.set ?? []).map(parseOverride), ...baseOverride(file, options)];
  const host = await createForetokenHost({ log: (line) => context.say(line) });
  const { experiment, baseDirectory } = await loadExperiment(file, { plugins: host.plugins, overrides });
  const directory = path.resolve(options.run ?? path.join('runs', experiment.name));
  const resume = options.resume === true;
  const { signal } = context;
  try {
    const shown = showTraining(context);
    report(
      context,
      directory,
      await trainRun(host, experiment, { directory, baseDirectory, resume, signal, ...shown }),
    );
    return EXIT.done;
  } catch (error) {
    if (!isForetokenError(error) || error.code !== 'INTERRUPTED') throw error;
    context.say(error.message);
    const { base } = experiment.model;
    for (const line of howToGoOn({ file, directory, options, base })) context.say(line);
    return EXIT.interrupted;
  } finally {
    await host.dispose();
  }
}

/** `--base` starts from where the command is called, `model.base.run` from the file's folder. */
function baseOverride(file: string, { base }: TrainOptions): Override[] {
  if (base === undefined) return [];
  const run = path.relative(path.dirname(path.resolve(file)), path.resolve(base)) || '.';
  return [{ path: 'model.base', value: { run } }];
}

function showTraining(context: CommandContext): Pick<CoreOptions, 'onPrepare' | 'onProgress'> {
  const progress = context.progress();
  return {
    onPrepare: (done, total) =>
      progress.update({ label: 'reading', done: megabytes(done), total: megabytes(total), unit: 'MB' }),
    onProgress: ({ step, steps, loss, tokensPerSecond }) => {
      const note = `loss ${loss.toFixed(3)}  ${formatRate(tokensPerSecond)} tokens/s`;
      progress.update({ label: 'training', done: step, total: steps, unit: 'steps', note });
    },
  };
}

function report(context: CommandContext, directory: string, summary: TrainingSummary): void {
  if (context.isJson) {
    context.printJson({ run: directory, ...summary });
    return;
  }
  const { parameters, steps, tokens, skippedSteps, peakBytes, timings } = summary;
  const skipped = skippedSteps > 0 ? `, ${skippedSteps} of them skipped as not finite` : '';
  const [size, seen] = [parameters, tokens].map((count) => count.toLocaleString('en-US'));
  context.print(`trained a model of ${size} parameters on ${seen} tokens`);
  context.print(
    `${steps} steps${skipped}, ${formatDuration(timings.seconds)}, ${formatRate(timings.tokensPerSecond)} tokens/s, ` +
      `peak ${formatBytes(peakBytes)} of tensors`,
  );
  context.print(`run: ${path.relative('', directory) || '.'}`);
}

const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
