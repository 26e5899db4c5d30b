import type { Tokenizer } from '../../contracts/data.ts';
import type { Json } from '../../contracts/json.ts';
import type { Definition, PluginBundle } from '../../plugins/define.ts';
import { type GivenCase, givenOf, openGivenCase } from '../as-given.ts';
import type { ContractCheck } from '../contract.ts';
import { type ContractSettings, definitionOf } from '../plugin-case.ts';

/** A tokenizer under test. */
export type TokenizerCase = GivenCase<'tokenizer'>;
export type TokenizerCheck = ContractCheck<TokenizerCase>;

/** Registers a tokenizer to check it. */
export const openTokenizerCase = (
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: ContractSettings,
): TokenizerCase => openGivenCase(plugin, { kind: 'tokenizer', name, options }, settings);

/** Makes the tokenizer as a run does: options checked, defaults filled in. */
export function makeTokenizer(of: TokenizerCase): Tokenizer {
  const { definition, options } = givenOf(of);
  return definition.create({}, options);
}

/** Has the framework make it, and look at what it gets. @throws PLUGIN_INVALID, PLUGIN_FAILED */
export function makeGuardedTokenizer(of: TokenizerCase): Tokenizer {
  const { definition, options } = definitionOf(of, 'tokenizer');
  return definition.create({}, options);
}
