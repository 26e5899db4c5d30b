import type { Json } from '../contracts/json.ts';
import type { Definition, PluginBundle } from '../plugins/define.ts';
import type { DecoderContractSettings } from './decoder/decoder-case.ts';
import { decoderContract } from './decoder/decoder-checks.ts';
import { describeContract } from './describe-contract.ts';

/**
 * The decoder contract as vitest tests: call it in one line at the top of a test file.
 *
 * ```ts
 * describeDecoderContract(lookahead, 'lookahead', { levels: 3 });
 * ```
 * It decodes made-up models whose every token is known: texts are plain decoding's unless the decoder says that it is lossy,
 * every forward is accounted for, prompts end, stop, slide, arrive and are aborted as asked, rows do not know of one another,
 * the policy is told, and the session is empty on every way out.
 *
 * @param plugin - the decoder, or the bundle that provides it
 * @param name - the decoder's name
 * @param options - options to check it with; defaults fill the rest
 */
export function describeDecoderContract(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>> = {},
  settings: DecoderContractSettings = {},
): void {
  describeContract(decoderContract, plugin, name, options, settings);
}
