import type { Json } from '../../contracts/json.ts';
import { offsetTerm } from '../../contracts/term.ts';
import type { HorizonSchedule, Stateful, Weighting } from '../../contracts/training.ts';
import type { Definition, PluginBundle } from '../../plugins/define.ts';
import { type GivenCase, givenOf, openGivenCase } from '../as-given.ts';
import type { ContractCheck } from '../contract.ts';
import { type ContractSettings, definitionOf } from '../plugin-case.ts';

/** Kinds of plugins that change as training goes. */
export type StatefulKind = 'weighting' | 'horizon-schedule';

/** What a weighting or a horizon schedule is checked on; the defaults suit most. */
export interface StatefulContractSettings extends ContractSettings {
  /** The configured horizon. Default 4; horizons from 1 to 8 are tried as well. */
  readonly horizon?: number;
  /** Loss terms of a head's own, such as those that the options name; they come after the offsets'. Default: none. */
  readonly ownTerms?: readonly string[];
}

/** A weighting or horizon schedule under test. */
export interface StatefulCase extends GivenCase<StatefulKind> {
  readonly horizon: number;
  readonly ownTerms: readonly string[];
}

export type StatefulCheck = ContractCheck<StatefulCase>;

/** What `create` of either kind gives. */
export type Made = Stateful<Json, unknown> & Pick<Weighting, 'needs'> & Pick<HorizonSchedule, 'acceptanceEvery'>;

/** What a plugin is made with. */
export interface Making {
  /** Default: that of the case. */
  readonly horizon?: number;
  /** Default: a quarter of a one-token forward for each further offset of the horizon, 0 for all others. */
  costRatio?(offset: number): number;
}

/** Registers a weighting or horizon schedule to check it. */
export const openStatefulCase =
  (kind: StatefulKind) =>
  (
    plugin: Definition | PluginBundle,
    name: string,
    options: Readonly<Record<string, Json>>,
    settings: StatefulContractSettings,
  ): StatefulCase => ({
    ...openGivenCase(plugin, { kind, name, options }, settings),
    horizon: settings.horizon ?? 4,
    ownTerms: settings.ownTerms ?? [],
  });

/** Makes the plugin as a run does: options checked, defaults filled in. */
export function make(of: StatefulCase, making: Making = {}): Made {
  const { horizon = of.horizon, costRatio = quarterUpTo(horizon) } = making;
  const { definition, options } = givenOf(of);
  return definition.create({ horizon, costRatio }, options) as Made;
}

/** Has the framework make it, and look at what it gets. @throws PLUGIN_INVALID, PLUGIN_FAILED */
export function makeGuarded(of: StatefulCase): void {
  const { definition, options } = definitionOf(of, of.given.kind);
  definition.create({ horizon: of.horizon, costRatio: quarterUpTo(of.horizon) }, options);
}

const quarterUpTo = (horizon: number) => (offset: number) => (offset >= 1 && offset <= horizon ? 0.25 : 0);

/** The loss terms that a head without gaps has at a horizon, and those of its own. */
export function termsOf(of: StatefulCase, horizon = of.horizon): readonly string[] {
  return [...Array.from({ length: horizon }, (_, i) => offsetTerm(i + 1)), ...of.ownTerms];
}

/** JSON of a value, to compare by; numbers come back from it to the bit. */
export const said = (value: unknown): string => JSON.stringify(value) ?? String(value);
