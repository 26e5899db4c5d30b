import type { PluginKind } from '../define.ts';
import type { ValueCheck } from './guard-hook.ts';
import type { GuardedPlugin } from './hooks.ts';
import { datasetValues, evalValues, tokenizerValues } from './values-of-data.ts';
import { decoderValues, policyValues, ruleValues } from './values-of-decoding.ts';
import { headValues, trunkValues } from './values-of-models.ts';
import { scheduleValues, weightingValues } from './values-of-training.ts';

/** Checks of what hooks give, by hook. */
export type ValueChecks = Readonly<Record<string, ValueCheck>>;

/** What a check may go by beside the hook's own arguments. */
export interface Made {
  /** What `create` gave. */
  readonly made: Readonly<Record<string, unknown>>;
  /** What `create` was given. */
  readonly context: unknown;
}

const CHECKS: Readonly<Record<PluginKind, (from: Made) => ValueChecks>> = {
  trunk: trunkValues,
  head: headValues,
  weighting: weightingValues,
  'horizon-schedule': scheduleValues,
  decoder: decoderValues,
  'acceptance-rule': ruleValues,
  'draft-policy': policyValues,
  eval: evalValues,
  tokenizer: tokenizerValues,
  dataset: datasetValues,
};

/** What must hold of the values of each hook of a plugin. */
export function valueChecks({ definition, values }: GuardedPlugin, made: Made['made'], context: unknown): ValueChecks {
  if (values === 'as they are') return {};
  return CHECKS[definition.kind]({ made, context });
}
