import type { Definition, PluginBundle, PluginKind } from '../plugins/define.ts';
import { type ContractSettings, definitionOf, openPluginCase, type PluginCase } from './plugin-case.ts';

/** A case that keeps the plugin's definition as its author gave it. */
export interface GivenCase<Kind extends PluginKind> extends PluginCase {
  /** Without the guards that the registry puts around its hooks: the suite says for itself what is wrong, and where. */
  readonly given: Definition<Kind>;
}

/**
 * Registers a plugin, as {@link openPluginCase} does, and keeps what was given.
 * @throws PLUGIN_UNKNOWN, PLUGIN_INVALID, PLUGIN_API if there is no such plugin to check
 */
export function openGivenCase<Kind extends PluginKind>(
  plugin: Definition | PluginBundle,
  subject: PluginCase['subject'] & { readonly kind: Kind },
  settings: ContractSettings,
): GivenCase<Kind> {
  const opened = openPluginCase(plugin, subject, settings);
  const provided = 'provides' in plugin ? plugin.provides : [plugin];
  const given = provided.find(({ kind, name }) => kind === subject.kind && name === subject.name);
  return { ...opened, given: given as Definition<Kind> };
}

/** The definition as given, and its options, checked and with their defaults. @throws OPTIONS_INVALID */
export function givenOf<Kind extends PluginKind>(of: GivenCase<Kind>) {
  const { options } = definitionOf(of, of.subject.kind as Kind);
  return { definition: of.given, options };
}
