import { CONFIG_VERSION, MATCHES } from '@foretoken/core';
import { Type } from '@foretoken/core/plugin';

/** Characters that end a line, hide, or turn the text around them: a name with one could pass for another. */
const UNSEEN = '\\p{Cc}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}';

/** More settings of one arm are none that anyone wrote: each is put over the base on its own. */
const MAX_SETTINGS = 200;

/** Arm names are shown, never used as file names: any text on one line. */
const NAME = {
  minLength: 1,
  maxLength: 100,
  pattern: `^[^${UNSEEN}]*$`,
  description: 'text on one line, without control characters',
} as const;

/** Wherever they lead: whoever writes the file may name any folder. */
const FILE = { minLength: 1, pattern: `^[^${UNSEEN}]*$`, description: 'a path without control characters' } as const;

const PATH = {
  maxLength: 1000,
  pattern: `^[^.${UNSEEN}]+(\\.[^.${UNSEEN}]+)*$`,
  description: 'keys joined by dots, such as "model.head.horizon"',
} as const;

const values = (description: string) => Type.Array(Type.Unknown(), { minItems: 1, uniqueItems: true, description });

const setOf = (description: string) =>
  Type.Record(Type.String(), Type.Unknown(), { propertyNames: PATH, maxProperties: MAX_SETTINGS, description });

const patches = (description: string) =>
  Type.Array(
    Type.Object(
      { name: Type.String({ ...NAME }), set: Type.Optional(setOf('Values by path.')) },
      { additionalProperties: false },
    ),
    { minItems: 1, description },
  );

const condition = (description: string) =>
  Type.Record(Type.String(), Type.Unknown(), {
    ...{ minProperties: 1, maxProperties: MAX_SETTINGS, propertyNames: PATH },
    description,
  });

/** The long form of an axis: one of three ways to say its points, and when it applies. */
const axis = Type.Object(
  {
    values: Type.Optional(values('Values of the path that the axis is named by.')),
    zip: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.Unknown(), { minItems: 1 }), {
        minProperties: 1,
        maxProperties: MAX_SETTINGS,
        propertyNames: PATH,
        description: 'Lists of equal length by path; the first values go together, then the second, ...',
      }),
    ),
    patches: Type.Optional(patches('Named patches.')),
    when: Type.Optional(condition('Arms that the axis applies to; the others are left as they are.')),
  },
  { additionalProperties: false, minProperties: 1 },
);

const rungs = Type.Optional(
  Type.Array(Type.Number(), {
    minItems: 1,
    description: 'Shares of each arm’s own steps, growing, such as [0.25, 0.5].',
  }),
);

/** What the rungs come to is judged with the arms, whose steps they are shares of. */
const pruning = Type.Object(
  {
    halving: Type.Optional(
      Type.Object(
        {
          rungs,
          first: Type.Optional(Type.Number({ description: 'The first rung, in place of all of them.' })),
          factor: Type.Optional(
            Type.Number({ exclusiveMinimum: 1, description: 'How many times as far the next rung is; default: 2.' }),
          ),
          keep: Type.Optional(
            Type.Number({
              exclusiveMinimum: 0,
              exclusiveMaximum: 1,
              description: 'Share of the arms that goes on from each rung; default: 1 / factor.',
            }),
          ),
        },
        { additionalProperties: false, description: 'The best share of the arms goes on from each rung.' },
      ),
    ),
    paired: Type.Optional(
      Type.Object(
        {
          rungs,
          alpha: Type.Optional(
            Type.Number({
              exclusiveMinimum: 0,
              maximum: 0.5,
              description: 'Probability that any arm that is no worse is stopped; default: 0.05.',
            }),
          ),
        },
        { additionalProperties: false, description: 'Arms that are clearly worse than the baseline stop at rungs.' },
      ),
    ),
  },
  { additionalProperties: false, description: 'How arms are stopped before their end: one of halving and paired.' },
);

/** Schema of an ablation file; the base and the values are judged later, as parts of complete experiments. */
export const ablationSchema = Type.Object(
  {
    formatVersion: Type.Optional(Type.Literal(CONFIG_VERSION, { description: 'Version of this file format.' })),
    name: Type.String({ ...NAME }),
    base: Type.Union([Type.String({ ...FILE }), Type.Object({}, { additionalProperties: true })], {
      description: 'The base experiment: its file, or the experiment itself.',
    }),
    arms: Type.Optional(patches('Named patches of the base.')),
    axes: Type.Optional(
      Type.Record(Type.String(), Type.Union([values('Values of a path.'), axis]), {
        propertyNames: PATH,
        description: 'Every combination of one point per axis is an arm.',
      }),
    ),
    exclude: Type.Optional(
      Type.Array(condition('An arm that has all of these values is left out.'), {
        minItems: 1,
        description: 'Combinations that are left out.',
      }),
    ),
    include: Type.Optional(patches('Arms beside the combinations: named patches of the base.')),
    seeds: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Seeds that every arm runs with.',
      }),
    ),
    baseline: Type.Optional(
      Type.Union([Type.String({ minLength: 1 }), condition('Values that one arm alone has.')], {
        description: 'The arm that the others are compared with.',
      }),
    ),
    match: Type.Optional(
      Type.Unsafe({
        type: 'string',
        enum: MATCHES,
        description: 'The same as model.match, for all arms.',
      }),
    ),
    budget: Type.Optional(
      Type.Object(
        {
          steps: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
          tokens: Type.Optional(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })),
          minutes: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
        },
        { additionalProperties: false, description: 'How long every arm trains: one of steps and tokens.' },
      ),
    ),
    pruning: Type.Optional(pruning),
    output: Type.String({ ...FILE }),
  },
  { additionalProperties: false },
);
