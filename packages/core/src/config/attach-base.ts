import path from 'node:path';
import { isForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../contracts/json.ts';
import { malformedBase } from './base-form.ts';
import { readBaseRun } from './base-run.ts';
import type { BaseRun } from './experiment.ts';
import { canonicalJson } from './hash.ts';
import type { ConfigProblem } from './report.ts';
import { member, type Source } from './source-map.ts';

/**
 * Reads the run that `model.base` of an experiment names, and writes what was found there into the experiment: its model,
 * its tokenizer, its trunk as `model.trunk`, and which checkpoint it is. A saved experiment holds them already and is left
 * as it is, so that nothing else has to be there when it is read again.
 *
 * @param baseDirectory - folder that the run's path starts from
 * @returns the source, unchanged where there is no base or it cannot be used
 */
export function attachBase(
  source: Source,
  baseDirectory: string,
): { readonly source: Source; readonly problems: readonly ConfigProblem[] } {
  const model = member(source.value, 'model');
  const given = member(model, 'base');
  const run = member(given, 'run');
  if (typeof run !== 'string' || run === '') return { source, problems: [] };
  if (member(given, 'sha256') !== undefined) return { source, problems: wrongSaved(given) };
  try {
    const base = readBaseRun(run, path.resolve(baseDirectory, run));
    return { source: withBase(source, base), problems: otherTrunk(member(model, 'trunk'), base) };
  } catch (error) {
    if (!isForetokenError(error)) throw error;
    const problems = error.problems.map((sentence) => ({ code: error.code, path: ['model', 'base', 'run'], sentence }));
    return { source, problems };
  }
}

/** What a saved experiment holds of its base is taken at its word, but not whatever it is. */
function wrongSaved(base: Json | undefined): ConfigProblem[] {
  const malformed = malformedBase(member(base, 'model'), member(base, 'tokenizer'));
  if (!malformed) return [];
  const sentence = `was not saved by Foretoken: of the base run ${malformed}. Write { run } alone, and the rest is read.`;
  return [{ code: 'CONFIG_INVALID', path: ['model', 'base'], sentence }];
}

function withBase(source: Source, base: BaseRun): Source {
  const file = source.value as { readonly [key: string]: Json };
  const model = file.model as { readonly [key: string]: Json };
  const { trunk } = base.model;
  return { ...source, value: { ...file, model: { ...model, base, trunk } } as unknown as Json };
}

/** What a file says of the trunk beside a base must be what the trunk is. */
function otherTrunk(given: Json | undefined, { run, model }: BaseRun): ConfigProblem[] {
  const wanted: Json = typeof given === 'string' ? { name: given } : (given ?? {});
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) return [];
  return Object.entries(wanted).flatMap(([key, value]): ConfigProblem[] => {
    const is = model.trunk[key];
    if (is !== undefined && canonicalJson(is) === canonicalJson(value)) return [];
    const got = `was ${JSON.stringify(value)}`;
    const rule = is === undefined ? 'is no option of' : `must be ${JSON.stringify(is)}, as in`;
    const sentence = `${rule} the trunk of ${run}, ${got}. Leave model.trunk out: it is the base run's.`;
    return [
      { code: 'CONFIG_CONFLICT', path: ['model', 'trunk', ...(typeof given === 'string' ? [] : [key])], sentence },
    ];
  });
}
