import {
  type DecoderRef,
  didYouMean,
  type Experiment,
  type Host,
  type Json,
  type NamedDecoder,
  type PluginRef,
  type Registry,
  type Sampling,
} from '@foretoken/core';
import { outputClaim } from '@foretoken/core/evaluation';
import { ForetokenError } from '@foretoken/engine/errors';
import type { GenerateOptions } from '../commands/generate.ts';
import { withDependencies } from '../plugins/with-dependencies.ts';
import { parseValue } from '../train/overrides.ts';

/** A decoder ready to run, and what it was made of. */
export interface ChosenDecoder {
  readonly named: NamedDecoder;
  readonly ref: DecoderRef;
}

/**
 * The decoder that the options ask for, with rule, policy and sampling of the options over its own.
 *
 * Without one: the first of the experiment's that drafts; with settings that only matter to draws, one that draws.
 *
 * @throws OPTIONS_INVALID for an unknown decoder, or settings that change nothing under it; CONFIG_INVALID, PLUGIN_UNKNOWN
 * for a rule or policy that is not right
 */
export async function chooseDecoder(
  host: Host,
  { experiment, baseDirectory }: { readonly experiment: Experiment; readonly baseDirectory: string },
  options: GenerateOptions,
): Promise<ChosenDecoder> {
  const make = decoderMaker(host, experiment, baseDirectory);
  const { registry } = await host.plugins.availableTo(experiment.plugins, baseDirectory);
  const { rule, policy } = options;
  const { label, ref } = await startOf(make, { experiment, registry }, options);
  const sampling = { ...ref.sampling, ...samplingOf(options) };
  const changed = {
    ...ref,
    ...(rule !== undefined && { rule: parseValue(rule, '--rule') }),
    ...(policy !== undefined && { policy: parseValue(policy, '--policy') }),
    ...(Object.keys(sampling).length > 0 && { sampling }),
  } as DecoderRef;
  const chosen = await make(label, changed);
  const drawing = rule !== undefined && policy === undefined ? drawnPolicy(chosen) : undefined;
  return checkedDraws(drawing ? await make(label, { ...chosen.ref, policy: drawing }) : chosen, options);
}

/** The part of the options that says how distributions are made. */
function samplingOf({ temperature, topK, topP, minP, repetitionPenalty, bias }: GenerateOptions): Sampling {
  const given = { temperature, topK, topP, minP, repetitionPenalty, bias };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** Options that change nothing but draws. */
function drawOptions({ temperature, topK, topP, minP }: GenerateOptions): string[] {
  if (temperature === 0) return [];
  const given = { '--temperature': temperature, '--top-k': topK, '--top-p': topP, '--min-p': minP };
  return Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

interface MadeDecoder extends ChosenDecoder {
  /** Where its plugins are from. */
  readonly registry: Registry;
}

type Make = (label: string, ref: DecoderRef) => Promise<MadeDecoder>;

/** Makes decoders as an experiment's are made, checked by the same schemas. */
function decoderMaker(host: Host, experiment: Experiment, baseDirectory: string): Make {
  return async (label, ref) => {
    const changed = { ...experiment, decoders: { [label]: ref } };
    const scope = await host.openRun(await withDependencies(host, changed, baseDirectory), baseDirectory);
    try {
      const { experiment: complete, registry } = scope;
      return { named: scope.get('decoders')[0], ref: complete.decoders[label], registry };
    } finally {
      await scope.dispose();
    }
  };
}

async function startOf(
  make: Make,
  { experiment, registry }: { readonly experiment: Experiment; readonly registry: Registry },
  options: GenerateOptions,
): Promise<{ readonly label: string; readonly ref: DecoderRef }> {
  const { decoder: name } = options;
  const { decoders } = experiment;
  if (name !== undefined && Object.hasOwn(decoders, name)) return { label: name, ref: decoders[name] };
  if (name !== undefined && registry.names('decoder').includes(name)) return { label: name, ref: plain(name) };
  if (name !== undefined) throw unknownDecoder(name, Object.keys(decoders), registry.names('decoder'));
  const own = await Promise.all(Object.entries(decoders).map(([label, ref]) => make(label, ref)));
  const isDrawn = drawOptions(options).length > 0 && options.rule === undefined;
  const fits = ({ named }: ChosenDecoder) => !isDrawn || outputClaim(named) !== 'greedy';
  const first = own.find((each) => each.named.decoder.drafts && fits(each)) ?? own.find(fits);
  if (first) return { label: first.named.label, ref: first.ref };
  const drafts = experiment.model.head.horizon > 1;
  return drafts
    ? { label: 'speculative', ref: { ...plain('speculative'), rule: { name: 'rejection' }, policy: DRAWN } }
    : { label: 'sample', ref: plain('sample') };
}

const DRAWN: PluginRef = { name: 'fixed', sampled: true };

/** A decoder plugin with the rule and policy that experiments have by default. */
const plain = (name: string): DecoderRef => ({ name, rule: { name: 'exact' }, policy: { name: 'fixed' } });

function unknownDecoder(name: string, labels: readonly string[], plugins: readonly string[]): ForetokenError {
  const others = plugins.filter((plugin) => !labels.includes(plugin));
  return new ForetokenError(
    'OPTIONS_INVALID',
    `--decoder: no decoder ${JSON.stringify(name)}.${didYouMean(name, [...labels, ...plugins])} ` +
      `The run has: ${labels.join(', ')}. Plugins besides: ${others.join(', ')}.`,
  );
}

/** A rule asked for by name that keeps the distribution does best with drawn drafts: its policy draws them if it can. */
function drawnPolicy({ named, ref, registry }: MadeDecoder): PluginRef | undefined {
  if (outputClaim(named) !== 'same distribution' || !named.decoder.drafts) return undefined;
  const listing = registry.list().find(({ kind, name }) => kind === 'draft-policy' && name === ref.policy.name);
  const options = listing?.options.properties as { readonly [option: string]: Json } | undefined;
  return options && Object.hasOwn(options, 'sampled') ? { ...ref.policy, sampled: true } : undefined;
}

/** A setting that changes nothing would pass for one that does. */
function checkedDraws(chosen: ChosenDecoder, options: GenerateOptions): ChosenDecoder {
  const idle = drawOptions(options);
  const { named, ref } = chosen;
  if (idle.length === 0 || outputClaim(named) !== 'greedy') return chosen;
  const how = named.decoder.keeps ? '' : ` under the rule "${ref.rule.name}"`;
  throw new ForetokenError(
    'OPTIONS_INVALID',
    `${idle.join(', ')}: decoder "${named.label}"${how} gives greedy's output, whatever the distribution. ` +
      'Add --rule rejection, or use --decoder sample, or leave the setting out.',
  );
}
