import path from 'node:path';
import { type AblationResults, ablationPaths, writeReport } from '@foretoken/ablation';
import { readJson } from '@foretoken/core';
import { verdictLines } from '../ablate/verdict-lines.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';

/** Writes an ablation's report anew, and prints its verdict. */
export async function run(context: CommandContext, [folder]: readonly string[]): Promise<number> {
  const directory = path.resolve(folder);
  const { html, markdown } = await writeReport(directory);
  if (context.isJson) {
    context.printJson({ directory, html, markdown });
    return EXIT.done;
  }
  const results = (await readJson(ablationPaths(directory).results)) as unknown as AblationResults;
  for (const line of verdictLines(results)) context.print(line);
  context.print(`report: ${path.relative('', html)}`);
  return EXIT.done;
}
