import type { EngineName } from '@foretoken/engine';
import { type TObject, type TSchema, Type } from 'typebox';
import type { PluginKind } from '../plugins/define.ts';
import { DEFAULTS } from './default-values.ts';
import { CONFIG_VERSION, MATCHES } from './experiment.ts';

export { MATCHES };

/** What may be named where: gives the schema of a reference to a plugin of this kind. */
export type ReferenceSchema = (kind: PluginKind, options?: ReferenceOptions) => TSchema;

export interface ReferenceOptions {
  /** The plugin that is meant when no name is given; absent: a name is required. */
  readonly fallback?: string;
  /** The framework's own keys beside the name. */
  readonly extra?: Readonly<Record<string, TSchema>>;
}

/** Names that become folders, labels and columns. */
export const LABEL = {
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$',
  maxLength: 100,
  description: 'letters, digits, ".", "_" and "-", starting with a letter or digit',
} as const;

/** Packages, decoders or evals of one experiment: each is looked up, and more are none that anyone wrote. */
export const MAX_LISTED = 200;

const count = (description: string, fallback?: number, minimum = 1): TSchema =>
  Type.Optional(Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER, default: fallback, description }));

const above = (description: string, fallback: number): TSchema =>
  Type.Optional(Type.Number({ exclusiveMinimum: 0, default: fallback, description }));

/** Moment decay rates: from 0, and below 1. */
const rate = (description: string, fallback: number): TSchema =>
  Type.Optional(Type.Number({ minimum: 0, exclusiveMaximum: 1, default: fallback, description }));

const choice = (description: string, ...values: readonly [string, ...string[]]): TSchema =>
  Type.Optional(Type.Unsafe({ type: 'string', enum: values, default: values[0], description }));

const section = (description: string, properties: Record<string, TSchema>): TObject =>
  Type.Object(properties, { additionalProperties: false, description });

/**
 * The schema of an experiment file as people write it: everything that has a sane default may be left out, and a plugin
 * is a name or a mapping of name and options. Defaults stand in it for editors; those that follow from other values do not.
 */
export function experimentSchema(reference: ReferenceSchema): TObject {
  return Type.Object(
    {
      formatVersion: Type.Optional(Type.Literal(CONFIG_VERSION, { description: 'Version of this file format.' })),
      name: Type.Optional(Type.String({ ...LABEL, description: LABEL.description })),
      seed: count('Every random choice follows from it.', DEFAULTS.seed, 0),
      engine: Type.Optional(engineSchema()),
      plugins: Type.Optional(
        Type.Array(Type.String({ minLength: 1 }), {
          uniqueItems: true,
          maxItems: MAX_LISTED,
          description: 'Packages that bring plugins: names, or paths from this file.',
        }),
      ),
      data: dataSchema(reference),
      model: Type.Optional(modelSchema(reference)),
      training: Type.Optional(trainingSchema(reference)),
      decoders: Type.Optional(
        Type.Record(Type.String(), decoderSchema(reference), {
          minProperties: 1,
          maxProperties: MAX_LISTED,
          propertyNames: LABEL,
          description: 'Decoders by label.',
        }),
      ),
      evals: Type.Optional(
        Type.Array(reference('eval'), { maxItems: MAX_LISTED, description: 'What is measured on the trained model.' }),
      ),
    },
    { additionalProperties: false },
  );
}

// The compiler keeps this list equal to the engines there are, without loading any of them.
const ENGINES: Readonly<Record<EngineName | 'auto', true>> = {
  auto: true,
  native: true,
  wasm: true,
  tensorflow: true,
  webgpu: true,
  cpu: true,
};

function engineSchema(): TSchema {
  const name = Type.Unsafe<EngineName | 'auto'>({ type: 'string', enum: Object.keys(ENGINES) });
  const precision = choice('Inputs of matrix products; sums are float32 in either case.', 'float32', 'bfloat16');
  return Type.Union([name, section('An engine with settings.', { name: Type.Optional(name), precision })], {
    description: `What carries the tensors; "foretoken doctor" lists the engines. Default: ${DEFAULTS.engine}.`,
  });
}

function dataSchema(reference: ReferenceSchema): TObject {
  return section('The text, and how it becomes windows of tokens.', {
    dataset: reference('dataset'),
    tokenizer: Type.Optional(reference('tokenizer', { fallback: DEFAULTS.plugins.tokenizer })),
    context: count('Positions of a training window.', DEFAULTS.context),
  });
}

function modelSchema(reference: ReferenceSchema): TObject {
  const horizon = count(`Offsets that the head predicts, n. Default: ${DEFAULTS.horizon}.`);
  return section('Trunk and head.', {
    trunk: Type.Optional(reference('trunk', { fallback: DEFAULTS.plugins.trunk })),
    head: Type.Optional(reference('head', { fallback: DEFAULTS.plugins.head, extra: { horizon } })),
    base: Type.Optional(baseSchema()),
    readout: choice('One readout for all offsets, or one each.', 'shared', 'replicated'),
    match: choice(
      'What is equal in a comparison: parameters (blocks and widths give way), training FLOPs or tokens (steps do), or none.',
      ...MATCHES,
    ),
    maxOffset: count('Largest horizon of the comparison; default: the horizon.'),
  });
}

function trainingSchema(reference: ReferenceSchema): TObject {
  const defaults = DEFAULTS.training;
  return section('Optimization, and what is written on the way.', {
    steps: count('Optimizer steps.', defaults.steps),
    minutes: Type.Optional(
      Type.Number({
        exclusiveMinimum: 0,
        description: 'Time of the steps that the training ends after, in place of their number. Not reproducible.',
      }),
    ),
    batch: count('Windows of one forward.', defaults.batch),
    accumulate: count('Forwards whose gradients make one step.', defaults.accumulate),
    learningRate: above('Peak learning rate of AdamW.', defaults.learningRate),
    finalLearningRate: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        default: defaults.finalLearningRate,
        description: 'Share of the peak that the cosine ends at.',
      }),
    ),
    warmupSteps: count('Steps of linear warm-up; default: 2% of the steps.', undefined, 0),
    beta1: rate('Decay of AdamW’s first moment.', defaults.beta1),
    beta2: rate('Decay of AdamW’s second moment.', defaults.beta2),
    epsilon: above('Added to the root of AdamW’s second moment.', defaults.epsilon),
    weightDecay: Type.Optional(
      Type.Number({ minimum: 0, default: defaults.weightDecay, description: 'Decoupled weight decay.' }),
    ),
    clip: above('Largest global norm of a step’s gradient.', defaults.clip),
    weighting: Type.Optional(reference('weighting', { fallback: DEFAULTS.plugins.weighting })),
    horizonSchedule: Type.Optional(reference('horizon-schedule', { fallback: DEFAULTS.plugins.horizonSchedule })),
    groups: Type.Optional(groupsSchema()),
    distil: Type.Optional(distilSchema()),
    backward: choice(
      'Backward pass: offset by offset, which holds the activations of one at a time, or all offsets at once.',
      'sequential',
      'joint',
    ),
    checkpointEvery: count('Steps between checkpoints; default: a tenth of the steps.'),
    keepCheckpoints: count('Newest checkpoints that are kept, besides the best. Default: 2.', undefined, 2),
    validateEvery: count('Steps between validations; default: a tenth of the steps.'),
    validationWindows: count('Held-out windows of a validation.', defaults.validationWindows),
  });
}

/** What a file says is the folder; a saved experiment holds what was found there too. */
function baseSchema(): TObject {
  const ofSaved = (description: string) => ({ description: `${description} Written by Foretoken.` });
  return section('A finished run: its trunk and its offset 1 become the trunk, and the head is attached to them.', {
    run: Type.String({ minLength: 1, description: 'Folder of the run, from the folder of this file.' }),
    sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', ...ofSaved('Of the checkpoint.') })),
    model: Type.Optional(Type.Object({}, { additionalProperties: true, ...ofSaved('Model of the run.') })),
    tokenizer: Type.Optional(Type.Object({}, { additionalProperties: true, ...ofSaved('Tokenizer of the run.') })),
  });
}

function groupsSchema(): TObject {
  const { rate, start } = DEFAULTS.group;
  const group = (description: string): TSchema =>
    Type.Optional(
      section(description, {
        rate: Type.Optional(
          Type.Number({ minimum: 0, default: rate, description: 'Times the learning rate; 0: frozen.' }),
        ),
        start: count('Steps during which it stays as it is.', start, 0),
      }),
    );
  return section('Parts of the model that train at rates of their own, or not at all.', {
    trunk: group('The trunk, with the embedding.'),
    readout: group('Final norm and unembedding, of all offsets.'),
    head: group('The head’s own parameters.'),
  });
}

function distilSchema(): TObject {
  return section(
    'The offsets from 2 on learn from offset 1’s distribution, one or more tokens later, beside the text.',
    {
      loss: choice(
        'Distance to the teacher: divergence, total variation, or -log of the acceptance.',
        'kl',
        'total-variation',
        'lk',
      ),
      share: Type.Optional(
        Type.Number({
          minimum: 0,
          maximum: 1,
          default: DEFAULTS.distil.share,
          description: 'Share of this loss; the rest is cross-entropy with the text.',
        }),
      ),
    },
  );
}

function decoderSchema(reference: ReferenceSchema): TSchema {
  return reference('decoder', {
    extra: {
      rule: Type.Optional(reference('acceptance-rule', { fallback: DEFAULTS.plugins.rule })),
      policy: Type.Optional(reference('draft-policy', { fallback: DEFAULTS.plugins.policy })),
      sampling: Type.Optional(samplingSchema()),
    },
  });
}

function samplingSchema(): TObject {
  const number = (description: string, range: object) => Type.Optional(Type.Number({ ...range, description }));
  return section('How a next token’s distribution is made of the logits; drafts that are drawn follow it as well.', {
    temperature: number('Logits are divided by it; 0: the first choice is certain.', { minimum: 0, default: 1 }),
    topK: count('Only the k most probable tokens. Default: all.'),
    topP: number('Only the fewest tokens that together are this probable.', {
      exclusiveMinimum: 0,
      maximum: 1,
      default: 1,
    }),
    minP: number('Only tokens at least this share of the most probable one’s probability.', {
      minimum: 0,
      maximum: 1,
      default: 0,
    }),
    repetitionPenalty: number('Weakens tokens that the row holds already.', { exclusiveMinimum: 0, default: 1 }),
    bias: Type.Optional(
      Type.Record(Type.String({ pattern: '^(0|[1-9][0-9]*)$' }), Type.Number(), {
        description: 'Added to the logits of these token ids.',
      }),
    ),
  });
}

/** A reference as far as it can be checked before any plugin is known: its form, and the framework's own keys. */
export const formOfReference: ReferenceSchema = (_kind, { fallback, extra = {} } = {}) => {
  const name = Type.String({ minLength: 1 });
  return Type.Union([
    name,
    Type.Object(
      { name: fallback === undefined ? name : Type.Optional(name), ...extra },
      { additionalProperties: true },
    ),
  ]);
};
