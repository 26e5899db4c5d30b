import { isForetokenError } from '@foretoken/engine/errors';
import type { Decoder, Emission, GenerationRequest, Guarantee, Prompt } from '../../contracts/decoding.ts';
import type { Json } from '../../contracts/json.ts';
import type { Definition, PluginBundle } from '../../plugins/define.ts';
import { createRandom } from '../../random/random.ts';
import { type GivenCase, givenOf, openGivenCase } from '../as-given.ts';
import { type BrokenRule, broken, type ContractCheck } from '../contract.ts';
import { formsOf, isRefusal } from '../options/option-forms.ts';
import type { ContractSettings } from '../plugin-case.ts';
import { chainPolicy, exactRule } from './stand-ins.ts';
import { WatchedSession } from './watched-session.ts';
import { modelOf, WORLD, type World } from './world.ts';

/** What the decoder contract can be told. */
export type DecoderContractSettings = ContractSettings;

/** A decoder under test, as it was given. */
export type DecoderCase = GivenCase<'decoder'>;

/** A rule of the decoder contract. */
export type DecoderCheck = ContractCheck<DecoderCase>;

/** Registers a decoder to check it. */
export function openDecoderCase(
  plugin: Definition | PluginBundle,
  name: string,
  options: Readonly<Record<string, Json>>,
  settings: DecoderContractSettings,
): DecoderCase {
  return openGivenCase(plugin, { kind: 'decoder', name, options }, settings);
}

/** A new decoder with the options of the case. @throws what its `create` throws */
export function createDecoder(of: DecoderCase): Decoder {
  const { definition, options } = givenOf(of);
  return definition.create({}, options);
}

/** A prompt whose first token tells it from the others, at temperature 0: any lossless decoder gives greedy's text. */
export const prompt = (first: number, more: Partial<Prompt> & { readonly length?: number } = {}): Prompt => {
  const { length = 2 + (first % 3), ...own } = more;
  return { tokens: Int32Array.from({ length }, (_, t) => (first + 5 * t) % 13), sampling: { temperature: 0 }, ...own };
};

/** A request of a few prompts, the plainest. */
export function requestOf(prompts: readonly Prompt[], more: Partial<GenerationRequest> = {}): GenerationRequest {
  return {
    prompts,
    maxTokens: 17,
    rule: exactRule,
    policy: chainPolicy,
    random: (index) => createRandom(5, `prompt ${index}`),
    ...more,
  };
}

/** What became of a request. */
export interface Run {
  readonly emissions: readonly Emission[];
  readonly session: WatchedSession;
  /** What `generate` threw. */
  readonly error?: unknown;
}

/** How a request is followed. */
export interface Following {
  readonly world?: World;
  readonly session?: WatchedSession;
  /** Called with each emission and its number, from 1; true: stop reading. */
  readonly heard?: (emission: Emission, number: number) => boolean | undefined | Promise<boolean | undefined>;
}

/** Emissions at most: what gives more will never end. */
const MOST_EMISSIONS = 20_000;

/** Follows a request to its end. */
export async function follow(decoder: Decoder, request: GenerationRequest, following: Following = {}): Promise<Run> {
  const { world = WORLD, session = new WatchedSession(modelOf(world)), heard } = following;
  const emissions: Emission[] = [];
  try {
    for await (const emission of decoder.generate(session, request)) {
      emissions.push(emission);
      if (emissions.length > MOST_EMISSIONS) throw new Error(`it had not ended after ${MOST_EMISSIONS} emissions`);
      if ((await heard?.(emission, emissions.length)) === true) break;
    }
    return { emissions, session };
  } catch (error) {
    return { emissions, session, error };
  }
}

/** Follows a request that a decoder has no reason to refuse. @throws what it throws */
export async function followed(decoder: Decoder, request: GenerationRequest, following: Following = {}): Promise<Run> {
  const run = await follow(decoder, request, following);
  if (run.error !== undefined) throw run.error;
  return run;
}

/** The tokens of a prompt, in order. */
export const textOf = (emissions: readonly Emission[], of: number): number[] =>
  emissions.filter((emission) => emission.prompt === of).flatMap(({ tokens }) => [...tokens]);

/** What ended a prompt. */
export const endOf = (emissions: readonly Emission[], of: number): Emission | undefined =>
  emissions.findLast((emission) => emission.prompt === of && emission.finished !== undefined);

/** The code of an error of ours. */
export const codeOf = (error: unknown): string | undefined => (isForetokenError(error) ? error.code : undefined);

/** Whether a decoder gives greedy's tokens at temperature 0, with a rule that keeps them. */
export const isLossless = ({ keeps }: Decoder): boolean => keeps === undefined || keeps.length > 0;

/** Whether a decoder keeps something with a rule that keeps it. */
export const doesKeep = ({ keeps }: Decoder, guarantee: Guarantee): boolean => keeps?.includes(guarantee) ?? true;

/** A decoder with some options. */
export interface DecoderForm {
  readonly decoder: Decoder;
  readonly of: DecoderCase;
  /** Whether its options are those of the case. */
  readonly isGiven: boolean;
  /** Its error, with the options where they are not those of the case. */
  broken(fault: string): BrokenRule;
}

/** A check of the decoder with the options of the case, and with each of them another one that it does not refuse by a code. */
export const ofEveryForm = (title: string, run: (form: DecoderForm) => Promise<void>): DecoderCheck => ({
  title,
  async run(of) {
    for (const { what, of: form } of formsOf(of)) {
      try {
        const said = (fault: string) => broken(of, `${fault}${what && ` This is${what}.`}`);
        await run({ decoder: createDecoder(form), of: form, isGiven: what === '', broken: said });
      } catch (error) {
        if (what === '' || !isRefusal(error)) throw error;
      }
    }
  },
});

/** A check of the decoder with the options of the case. */
export const ofTheDecoder = (title: string, run: (form: DecoderForm) => Promise<void>): DecoderCheck => ({
  title,
  run: (of) => run({ decoder: createDecoder(of), of, isGiven: true, broken: (fault) => broken(of, fault) }),
});
