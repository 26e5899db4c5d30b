import { readFile } from 'node:fs/promises';
import {
  compileSchema,
  FORMAT_VERSION,
  ForetokenError,
  formatProblem,
  type Json,
  MATCHES,
  type MatchName,
  parseSource,
  problemsOf,
  refuseUnreadable,
  type Source,
} from '@foretoken/core';
import { Type } from '@foretoken/core/plugin';

/** Patches by path: what an arm puts over the base experiment. */
export type Patch = { readonly [path: string]: Json };

/** An ablation as people write it. */
export interface AblationFile {
  readonly formatVersion?: typeof FORMAT_VERSION;
  readonly name: string;
  /** An experiment: a path from the file's folder, or the experiment itself. */
  readonly base: string | { readonly [key: string]: Json };
  /** A grid: every combination of one value per path. */
  readonly axes?: { readonly [path: string]: readonly Json[] };
  /** Named patches; with axes too, every arm meets every combination. */
  readonly arms?: readonly { readonly name: string; readonly set?: Patch }[];
  /** Default: the seed of the base. */
  readonly seeds?: readonly number[];
  /** Name of the arm that the others are compared with; default: the first. */
  readonly baseline?: string;
  /** The same as the path `model.match`, for all arms: what is made equal between them. */
  readonly match?: MatchName;
  /** Folder of the results, from the file's folder. */
  readonly output: string;
}

/** Arm names are shown, never used as file names: any text on one line. */
const NAME = {
  minLength: 1,
  maxLength: 100,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
  description: 'text on one line',
} as const;

const PATH = {
  pattern: '^[^.]+(\\.[^.]+)*$',
  description: 'keys joined by dots, such as "model.head.horizon"',
} as const;

/** Schema of an ablation file; the base and the values are judged later, as parts of complete experiments. */
export const ablationSchema = Type.Object(
  {
    formatVersion: Type.Optional(Type.Literal(FORMAT_VERSION, { description: 'Version of this file format.' })),
    name: Type.String({ ...NAME }),
    base: Type.Union([Type.String({ minLength: 1 }), Type.Object({}, { additionalProperties: true })], {
      description: 'The base experiment: its file, or the experiment itself.',
    }),
    axes: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.Unknown(), { minItems: 1, uniqueItems: true }), {
        propertyNames: PATH,
        description: 'Values by path; every combination is an arm.',
      }),
    ),
    arms: Type.Optional(
      Type.Array(
        Type.Object(
          {
            name: Type.String({ ...NAME }),
            set: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { propertyNames: PATH })),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, description: 'Named patches of the base.' },
      ),
    ),
    seeds: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }), {
        minItems: 1,
        uniqueItems: true,
        description: 'Seeds that every arm runs with.',
      }),
    ),
    baseline: Type.Optional(Type.String({ minLength: 1, description: 'The arm that the others are compared with.' })),
    match: Type.Optional(
      Type.Unsafe({
        type: 'string',
        enum: MATCHES,
        description: 'The same as model.match, for all arms.',
      }),
    ),
    output: Type.String({ minLength: 1, description: 'Folder of the results.' }),
  },
  { additionalProperties: false },
);

/** A parsed ablation file with the places of its values. */
export interface ReadAblation {
  readonly source: Source;
  readonly file: AblationFile;
}

/**
 * Reads an ablation file and checks its form.
 *
 * @throws CONFIG_NOT_FOUND, CONFIG_SYNTAX, FORMAT_VERSION
 * @throws ABLATION_INVALID with every problem, each as file:line:column
 */
export async function readAblation(path: string): Promise<ReadAblation> {
  const source = parseSource(await readText(path), path);
  refuseUnreadable(source);
  const validate = compileSchema<AblationFile>(ablationSchema);
  const value: unknown = structuredClone(source.value);
  if (validate(value)) return { source, file: value };
  throw ablationInvalid(
    problemsOf(validate.errors ?? []).map(({ path: where, atKey, sentence }) =>
      formatProblem(source, where, sentence, atKey ? 'key' : 'value'),
    ),
  );
}

/** The error of one or more problems, each already with its place. */
export function ablationInvalid(problems: readonly string[]): ForetokenError {
  return new ForetokenError('ABLATION_INVALID', problems.join('\n'), { problems });
}

/** @throws CONFIG_NOT_FOUND if the file cannot be read */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new ForetokenError('CONFIG_NOT_FOUND', `${path} cannot be read: ${reason}. Check the path.`, { cause });
  }
}
