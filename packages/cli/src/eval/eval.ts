import { createForetokenHost } from '@foretoken/ablation';
import { type EvalOutcome, type Experiment, ForetokenError, type Json } from '@foretoken/core';
import { evaluateRun } from '@foretoken/core/training';
import { withDependencies } from '../plugins/with-dependencies.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { readRun } from '../run-folder/read-run.ts';

export interface EvalOptions {
  readonly evals?: readonly string[];
}

/** Runs the evals of a trained run; times stand apart from results, as everywhere. */
export async function run(
  context: CommandContext,
  [folder]: readonly string[],
  { evals }: EvalOptions,
): Promise<number> {
  const { directory, experiment, baseDirectory } = await readRun(folder);
  const named = withEvals(experiment, evals, directory);
  const host = await createForetokenHost();
  const progress = context.progress();
  try {
    const measured = evals ? await withDependencies(host, named, baseDirectory) : named;
    const outcomes = await evaluateRun(host, measured, {
      trainedAs: experiment,
      directory,
      baseDirectory,
      signal: context.signal,
      onProgress: (done, total, what) =>
        progress.update({ label: 'measuring', done: Number(done.toFixed(2)), total, unit: 'evals', note: what }),
    });
    if (context.isJson) context.printJson({ run: directory, evals: outcomes });
    else for (const line of Object.entries(outcomes).flatMap(linesOf)) context.print(line);
    return EXIT.done;
  } finally {
    await host.dispose();
  }
}

function withEvals(experiment: Experiment, names: readonly string[] | undefined, directory: string): Experiment {
  if (names) return { ...experiment, evals: names.map((name) => ({ name })) };
  if (experiment.evals.length > 0) return experiment;
  throw new ForetokenError(
    'CONFIG_CONFLICT',
    `the run in ${directory} was configured without evals. Name some, as in --evals bits-per-byte acceptance.`,
  );
}

function linesOf([name, { results, timings = {} }]: [string, EvalOutcome]): string[] {
  return [name, ...leavesOf(results, []), ...leavesOf(timings, ['timings'])];
}

/** One line per value, under the keys that lead to it; a list stays on one line, and single rows are only counted. */
function leavesOf(value: Json, keys: readonly string[]): string[] {
  if (Array.isArray(value) && keys.at(-1) === 'rows') {
    return [`  ${keys.join('.')}: ${value.length} (--json shows them)`];
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`  ${keys.join('.')}: ${JSON.stringify(value)}`];
  }
  return Object.entries(value).flatMap(([key, member]) => leavesOf(member, [...keys, key]));
}
