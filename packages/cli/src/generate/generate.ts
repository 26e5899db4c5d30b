import { createForetokenHost } from '@foretoken/ablation';
import { createRandom, type Emission, type NamedDecoder, type RunScope } from '@foretoken/core';
import { openTrainedRun } from '@foretoken/core/training';
import { ForetokenError } from '@foretoken/engine/errors';
import type { GenerateOptions } from '../commands/generate.ts';
import { formatDuration, formatRate } from '../output/quantities.ts';
import type { CommandContext } from '../process/context.ts';
import { EXIT } from '../process/exit-code.ts';
import { readRun } from '../run-folder/read-run.ts';
import { markText } from './marked-text.ts';

/** Streams text that goes on from a prompt. */
export async function run(
  context: CommandContext,
  [folder]: readonly string[],
  options: GenerateOptions,
): Promise<number> {
  const { directory, experiment, baseDirectory } = await readRun(folder);
  const host = await createForetokenHost();
  const scope = await openTrainedRun(host, experiment, { directory, baseDirectory });
  try {
    const decoder = chosenDecoder(scope, options.decoder);
    const generation = await generate(context, scope, decoder, options);
    if (context.isJson) context.printJson({ run: directory, decoder: decoder.label, ...generation });
    else context.say(lineOf(decoder.label, generation));
    return EXIT.done;
  } finally {
    await scope.dispose();
    await host.dispose();
  }
}

/** `foretoken generate --json`, but for the run and the decoder. */
interface Generation {
  readonly prompt: string;
  readonly text: string;
  readonly tokens: number;
  /** Tokens that were drafted and accepted. */
  readonly accepted: number;
  readonly tokensPerForward: number;
  readonly seconds: number;
  readonly tokensPerSecond: number;
  readonly finished: Emission['finished'];
}

/** The decoder of a label; without one the first that drafts, else the first. @throws OPTIONS_INVALID */
function chosenDecoder(scope: RunScope, label: string | undefined): NamedDecoder {
  const decoders = scope.get('decoders');
  if (label === undefined) return decoders.find(({ decoder }) => decoder.drafts) ?? decoders[0];
  const found = decoders.find((decoder) => decoder.label === label);
  if (found) return found;
  const labels = decoders.map((decoder) => decoder.label).join(', ');
  throw new ForetokenError(
    'OPTIONS_INVALID',
    `--decoder: no decoder ${JSON.stringify(label)}. The run has: ${labels}.`,
  );
}

async function generate(
  context: CommandContext,
  scope: RunScope,
  { decoder, rule, policy }: NamedDecoder,
  { prompt, tokens: maxTokens }: GenerateOptions,
): Promise<Generation> {
  const tokenizer = scope.get('tokenizer');
  const text = markText(tokenizer, context.colours);
  const show = (written: string) => (context.isJson ? undefined : context.stream(written));
  const session = await scope.openSession();
  const prompts = [{ tokens: tokenizer.encode(new TextEncoder().encode(prompt)) }];
  const random = () => createRandom(scope.experiment.seed, 'generate');
  const [emissions, started] = [[] as Emission[], performance.now()];
  try {
    const request = { prompts, maxTokens, rule, policy, random, signal: context.signal };
    for await (const emission of decoder.generate(session, request)) {
      emissions.push(emission);
      show(`${emissions.length === 1 ? prompt : ''}${text.push(emission)}`);
    }
  } finally {
    show(`${text.end()}\n`);
    session.dispose();
  }
  return { prompt, text: text.plain, ...countsOf(emissions, (performance.now() - started) / 1_000) };
}

function countsOf(emissions: readonly Emission[], seconds: number) {
  const tokens = emissions.reduce((sum, emission) => sum + emission.tokens.length, 0);
  return {
    tokens,
    accepted: emissions.reduce((sum, { accepted }) => sum + accepted, 0),
    tokensPerForward: emissions.length > 0 ? tokens / emissions.length : 0,
    seconds,
    tokensPerSecond: tokens / seconds,
    finished: emissions.at(-1)?.finished,
  };
}

function lineOf(label: string, { tokens, accepted, tokensPerForward, seconds, tokensPerSecond, finished }: Generation) {
  const share = tokens > 0 ? Math.round((accepted / tokens) * 100) : 0;
  const end = finished === 'context' ? ', the context is full' : '';
  return (
    `${label}: ${tokens} tokens in ${formatDuration(seconds)}, ${formatRate(tokensPerSecond)} tokens/s, ` +
    `${tokensPerForward.toFixed(2)} tokens per forward, ${share}% drafted and accepted${end}`
  );
}
