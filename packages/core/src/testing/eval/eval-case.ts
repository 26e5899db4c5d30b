import { type Engine, type EngineName, openEngine } from '@foretoken/engine';
import type { Eval, EvalOutcome, Subject } from '../../contracts/evaluation.ts';
import type { Json } from '../../contracts/json.ts';
import type { Definition, PluginBundle } from '../../plugins/define.ts';
import { type GivenCase, givenOf, openGivenCase } from '../as-given.ts';
import type { ContractCheck } from '../contract.ts';
import { type ContractSettings, definitionOf } from '../plugin-case.ts';
import type { SubjectScript } from '../scripted-subject.ts';
import { smallModels } from './small-model.ts';
import { type Given, type Measured, type Ways, watchedSubject } from './watched-subject.ts';

/** What an eval is checked on; the defaults suit most. */
export interface EvalContractSettings extends ContractSettings {
  /**
   * What is another one about the subject: 12 windows of 128 positions in each split, offsets 1 to 3, bytes, a greedy decoder
   * and one that drafts.
   */
  readonly subject?: SubjectScript;
  /** Carries the weights of the subjects' models. Default `cpu`: plain loops, so that a failure is the eval's own. */
  readonly engine?: EngineName;
  /** Changes each subject: a model with a weight of another name. Default: as it is. */
  extend?(subject: Subject): Subject;
}

/** An eval under test. */
export interface EvalCase extends GivenCase<'eval'>, Given {
  readonly engine: Engine;
}

export type EvalCheck = ContractCheck<EvalCase>;

/** Registers an eval, and opens the engine to check it on. */
export async function openEvalCase(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  {
    subject: script = {},
    extend = (subject) => subject,
    engine: engineName = 'cpu',
    ...settings
  }: EvalContractSettings,
): Promise<EvalCase> {
  const opened = openGivenCase(plugin, { kind: 'eval', name, options }, settings);
  const engine = await openEngine({ name: engineName });
  return { ...opened, script, extend, engine, modelOf: smallModels(engine) };
}

/** Makes the eval as a run does: options checked, defaults filled in. */
export function makeEval(of: EvalCase): Eval {
  const { definition, options } = givenOf(of);
  return definition.create({}, options);
}

/** Measures a fresh subject. */
export async function measured(
  of: EvalCase,
  ways: Ways = {},
  measuring: Eval = makeEval(of),
): Promise<{ readonly outcome: EvalOutcome } & Measured> {
  const watched = watchedSubject(of, ways);
  return { ...watched, outcome: await measuring.measure(watched.subject) };
}

/** Everything that an eval says of a subject, made as the framework makes it: for what options change. */
export async function shownGuarded(of: EvalCase): Promise<string> {
  const { definition, options } = definitionOf(of, 'eval');
  const { subject, calls } = watchedSubject(of, {});
  const outcome = await definition.create({}, options).measure(subject);
  return JSON.stringify([outcome, calls()]);
}

/** Where two results part: a path with both values; undefined where they are the same. */
export function parted(got: unknown, want: unknown, path = 'results'): string | undefined {
  if (typeof got !== 'object' || typeof want !== 'object' || got === null || want === null) {
    return Object.is(got, want) ? undefined : `${path} is ${JSON.stringify(got)} in place of ${JSON.stringify(want)}`;
  }
  for (const key of new Set([...Object.keys(got), ...Object.keys(want)])) {
    const [one, other] = [got, want].map((value) => (value as Readonly<Record<string, unknown>>)[key]);
    const found = parted(one, other, `${path}.${key}`);
    if (found) return found;
  }
  return undefined;
}
