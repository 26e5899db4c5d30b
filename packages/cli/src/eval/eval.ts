import { createForetokenHost } from '@foretoken/ablation';
import type { EvalOutcome, Json } from '@foretoken/core';
import { evaluateRun } from '@foretoken/core/training';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { readRun } from '../run-folder/read-run.ts';

/** Runs the evals of a trained run; times stand apart from results, as everywhere. */
export async function run(context: CommandContext, [folder]: readonly string[]): Promise<number> {
  const { directory, experiment, baseDirectory } = await readRun(folder);
  const host = await createForetokenHost();
  const progress = context.progress();
  try {
    const outcomes = await evaluateRun(host, experiment, {
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

function linesOf([name, { results, timings = {} }]: [string, EvalOutcome]): string[] {
  return [name, ...entriesOf(results, '  '), ...entriesOf(timings, '  timings.')];
}

const entriesOf = (values: { readonly [key: string]: Json }, start: string): string[] =>
  Object.entries(values).map(
    ([key, value]) => `${start}${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
