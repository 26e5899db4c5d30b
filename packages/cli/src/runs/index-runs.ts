import path from 'node:path';
import { openCatalogue } from '@foretoken/ablation/catalogue';
import type { IndexFileOptions } from '../commands/index-runs.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { INDEX_FILE, RUNS_FOLDER, saySkipped } from './open-runs.ts';

/** Reads folders of runs anew. Folders that cannot be read are named and left out; the rest is indexed. */
export async function run(
  context: CommandContext,
  operands: readonly string[],
  { index }: IndexFileOptions,
): Promise<number> {
  const folders = operands.length > 0 ? operands : [RUNS_FOLDER];
  const catalogue = await openCatalogue(index ?? path.join(folders[0], INDEX_FILE));
  try {
    const started = performance.now();
    const refreshed = await catalogue.rebuild(folders);
    const { entries, skipped } = refreshed;
    saySkipped(context, refreshed);
    const seconds = (performance.now() - started) / 1000;
    const file = path.relative('', catalogue.file);
    if (context.isJson) context.printJson({ index: catalogue.file, entries, skipped, seconds });
    else context.print(`${entries} runs in ${file}, ${skipped.length} folders skipped, ${seconds.toFixed(1)} s`);
    return EXIT.done;
  } finally {
    await catalogue.close();
  }
}
