import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import { describeContract } from './describe-contract.ts';
import type { ContractSettings } from './plugin-case.ts';
import { tokenizerContract } from './tokenizer/tokenizer-checks.ts';

/**
 * The contract of tokenizers as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeTokenizerContract(words, 'words', { merges: 20 });
 * ```
 * It encodes texts of many scripts, bytes that are no UTF-8 and random ones, and checks each rule: options are refused or
 * act, ids stay in the vocabulary, bytes come back as they were, several tokens decode to the bytes of each, unknown ids are
 * refused, the same text has the same tokens at any call, memory is the caller's.
 *
 * @param plugin - the tokenizer, or the bundle that provides it
 * @param name - the tokenizer's name
 * @param options - options to check it with; defaults fill the rest
 */
export function describeTokenizerContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>> = {},
  settings: ContractSettings = {},
): void {
  describeContract(tokenizerContract, plugin, name, options, settings);
}
