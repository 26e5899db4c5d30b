import { createHash } from 'node:crypto';
import type { Json } from '../contracts/json.ts';
import type { Experiment } from './experiment.ts';

/**
 * JSON with sorted keys and no spaces: equal data, equal text, whatever the order it was written in.
 *
 * Keys whose value is undefined are left out, as in JSON.stringify; -0 is 0.
 * @throws TypeError for what JSON cannot hold (NaN, infinities, functions, cycles)
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === 'number' && !Number.isFinite(member)) throw new TypeError(`${member} is not JSON`);
    if (typeof member === 'function' || typeof member === 'symbol')
      throw new TypeError(`a ${typeof member} is not JSON`);
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
    // Integer-like keys come first in every object, in the same order, so the text is still a function of the data.
    const entries = Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries);
  });
}

/** SHA-256 of the canonical JSON, hex. */
export function hashJson(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/**
 * What makes two experiments the same. The engine's name is not part of it: `auto` and a name may mean one engine, and
 * a run or a cell knows the engine by its fingerprint. Nor is the folder of a base run, which its checkpoint's hash names.
 */
export function identifying(experiment: Experiment): Json {
  const { engine, model, ...rest } = experiment;
  return { ...rest, model: identifyingModel(model), engine: { precision: engine.precision } } as unknown as Json;
}

function identifyingModel({ base, ...model }: Experiment['model']): object {
  if (base === undefined) return model;
  return { ...model, base: { ...base, run: '', model: identifyingModel(base.model) } };
}

/** SHA-256 of the canonical JSON of {@link identifying}: two experiments are the same if and only if their hashes are. */
export const experimentHash = (experiment: Experiment): string => hashJson(identifying(experiment));
