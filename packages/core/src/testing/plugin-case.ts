import type { Json } from '../contracts/json.ts';
import type { PluginSource } from '../plugins/check-definition.ts';
import { type Definition, PLUGIN_API, type PluginBundle, type PluginKind } from '../plugins/define.ts';
import { createRegistry, type Registry } from '../plugins/registry.ts';

/** A plugin under test: registered like any other, with the options it is to be checked with. */
export interface PluginCase {
  readonly subject: {
    readonly kind: PluginKind;
    readonly name: string;
    readonly options: Readonly<Record<string, Json>>;
  };
  readonly registry: Registry;
  /** Options that act only where the suite does not look; every other must change something. */
  readonly actElsewhere: readonly string[];
}

/** What every contract suite can be told. */
export interface ContractSettings {
  /** Options that act only where the suite does not look. Every other must change something. Default: none. */
  readonly actElsewhere?: readonly string[];
}

/** Where what a suite brings along comes from. */
export const SUITE: PluginSource = { package: '@foretoken/core/testing', version: '0.0.0', api: PLUGIN_API };

/**
 * Registers a plugin to check it.
 *
 * @param plugin - the definition, or the bundle that provides it
 * @throws PLUGIN_UNKNOWN, PLUGIN_INVALID, PLUGIN_API if there is no such plugin to check
 */
export function openPluginCase(
  plugin: Definition | PluginBundle,
  subject: PluginCase['subject'],
  { actElsewhere = [] }: ContractSettings,
): PluginCase {
  // The suite says what is wrong with what hooks give.
  const registry = createRegistry({ values: 'as they are' });
  const source = { package: 'under-test', version: '0.0.0', api: PLUGIN_API };
  for (const definition of 'provides' in plugin ? plugin.provides : [plugin]) registry.register(definition, source);
  registry.get(subject.kind, subject.name);
  return { subject, registry, actElsewhere };
}

/** The same case with other options. */
export const withOptions = <Case extends PluginCase>(of: Case, options: Readonly<Record<string, Json>>): Case => ({
  ...of,
  subject: { ...of.subject, options },
});

/** The definition under test, and its options, checked and with their defaults. @throws OPTIONS_INVALID */
export function definitionOf<Kind extends PluginKind>(of: PluginCase, kind: Kind) {
  const { name, options } = of.subject;
  return {
    definition: of.registry.get(kind, name),
    options: of.registry.checkOptions(kind, { ...options, name }, 'the contract suite’s options'),
  };
}
