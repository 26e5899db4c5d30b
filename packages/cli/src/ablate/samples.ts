import type { AblationResults } from '@foretoken/ablation';
import type { Json } from '@foretoken/core';
import type { Ansis } from 'ansis';
import { markDrafted } from '../output/mark-drafted.ts';

/** Generated text as the eval `acceptance` keeps it. */
interface Sample {
  readonly prompt: string;
  readonly pieces: readonly { readonly text: string; readonly drafted: boolean }[];
}

/** A piece of generated text of every arm that drafted, with what was drafted and accepted marked. */
export function samplesOf({ arms }: AblationResults, colours: Ansis): string[] {
  const lines = arms.flatMap(({ name, cells }) => {
    const done = cells.find((cell) => cell.status === 'done');
    const sample = done && draftedSample(done.results);
    return sample
      ? [
          '',
          `${name}:`,
          ...textOf(sample, colours)
            .split('\n')
            .map((line) => `  ${line}`),
        ]
      : [];
  });
  if (lines.length === 0) return [];
  const how = colours.level > 0 ? colours.green('in green') : '[in brackets]';
  return ['', `Generated from held-out code (drafted and accepted tokens ${how}):`, ...lines, ''];
}

/** The first decoder's sample in which anything was drafted. */
function draftedSample(results: { readonly [name: string]: Json }): Sample | undefined {
  const { decoders = {} } = (results.acceptance ?? {}) as { decoders?: Record<string, { sample?: Sample }> };
  return Object.values(decoders)
    .map(({ sample }) => sample)
    .find((sample) => sample?.pieces.some(({ drafted }) => drafted));
}

function textOf({ prompt, pieces }: Sample, colours: Ansis): string {
  return prompt + pieces.map(({ text, drafted }) => (drafted ? markDrafted(text, colours) : text)).join('');
}
