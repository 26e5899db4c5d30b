import { exportEntries } from '@foretoken/ablation/catalogue';
import { ForetokenError, writeFileAtomic } from '@foretoken/core';
import type { ExportOptions } from '../commands/export.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { queryOf, withCatalogue } from './open-runs.ts';

/** Writes runs as a table. */
export async function run(context: CommandContext, _: readonly string[], options: ExportOptions): Promise<number> {
  const { format, out, index } = options;
  if (out === undefined && (format === 'parquet' || context.isJson)) {
    throw new ForetokenError(
      'USAGE',
      `${context.isJson ? '--json' : 'parquet'} needs a file. Add --out runs.${format}.`,
    );
  }
  const query = queryOf(options);
  return withCatalogue(context, index, async (catalogue) => {
    const entries = await catalogue.select(query);
    const content = await exportEntries(entries, format);
    if (out === undefined) context.stream(String(content));
    else await writeFileAtomic(out, content);
    if (context.isJson) context.printJson({ file: out, format, runs: entries.length });
    else if (out !== undefined) context.say(`${entries.length} runs in ${out}`);
    return EXIT.done;
  });
}
