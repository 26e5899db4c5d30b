import { ForetokenError } from '@foretoken/engine/errors';
import { type Static, Type } from 'typebox';
import { checkApi, PLUGIN_NAME, PLUGIN_NAME_LENGTH, type PluginSource, saidSource } from './check-definition.ts';
import { PLUGIN_API, PLUGIN_KINDS, type PluginKind } from './define.ts';
import { once } from './once.ts';
import { compileSchema } from './options-schema.ts';
import { PACKAGE_NAME, type PackageFolder } from './package-folder.ts';
import { problemsOf, said } from './problems.ts';

const Promised = Type.Object({
  kind: Type.Unsafe<PluginKind>(Type.String({ enum: [...PLUGIN_KINDS] })),
  name: Type.String({
    pattern: PLUGIN_NAME.source,
    maxLength: PLUGIN_NAME_LENGTH,
    description: 'lower-case words joined by "-"',
  }),
  /** Which entry of the package's `exports` holds it. */
  export: Type.String({ pattern: '^\\.($|/.)', description: '"." or a path that starts with "./"' }),
});

// Unknown keys pass, so that a package may carry what a later release reads.
const Manifest = Type.Object({ api: Type.Integer(), provides: Type.Array(Promised, { minItems: 1 }) });

/** One plugin that a package says it provides. */
export type Promised = Readonly<Static<typeof Promised>>;

/** What a package says of itself before any of its code runs. */
export interface Manifest extends PluginSource {
  readonly directory: string;
  readonly provides: readonly Promised[];
}

/** Plugins of one package. Saying what is wrong with each takes time that grows with the square of their number. */
const MAX_PROVIDED = 500;

const manifestValidator = once(() => compileSchema<Static<typeof Manifest>>(Manifest, { isTested: true }));

/**
 * Reads and checks the `foretoken` entry of a package.json.
 * @throws PLUGIN_INVALID, PLUGIN_API
 */
export function readManifest(folder: PackageFolder): Manifest {
  const { directory, packageJson } = folder;
  const { name, version, foretoken: entry } = packageJson;
  const wrong = wrongIdentity(name, version);
  if (wrong)
    throw new ForetokenError(
      'PLUGIN_INVALID',
      `${directory}/package.json: ${wrong}. Mend it, or install another version.`,
    );
  const source = { package: name as string, version: version as string, api: PLUGIN_API };
  if (entry === undefined) throw refuse(source, [NO_ENTRY]);
  // Another API may have another manifest: it is named before anything else is judged.
  const api = (entry as { api?: unknown } | null)?.api;
  if (Number.isInteger(api)) checkApi(api, 'the manifest', source);
  const { length } = Object((entry as { provides?: unknown } | null)?.provides) as Partial<readonly unknown[]>;
  if (length !== undefined && length > MAX_PROVIDED) {
    throw refuse(source, [`foretoken.provides must list at most ${MAX_PROVIDED} plugins, lists ${length}.`]);
  }
  const validate = manifestValidator();
  if (!validate(entry)) {
    throw refuse(
      source,
      problemsOf(validate.errors ?? []).map(({ path, sentence }) => `${['foretoken', ...path].join('.')} ${sentence}`),
    );
  }
  const keys = entry.provides.map((promised) => `${promised.kind} "${promised.name}"`);
  const twice = keys.find((key, i) => keys.indexOf(key) !== i);
  if (twice) throw refuse(source, [`foretoken.provides lists ${twice} twice.`]);
  return { ...source, directory, provides: entry.provides };
}

/** What is wrong with the name and version of a package: records and reports show them as they are. */
function wrongIdentity(name: unknown, version: unknown): string | undefined {
  if (typeof name !== 'string' || typeof version !== 'string') return '"name" and "version" must be strings';
  if (!PACKAGE_NAME.test(name) || name.length > 214)
    return `"name" must be the name of an npm package, was ${said(name)}`;
  return VERSION.test(version) ? undefined : `"version" must be a version such as "1.0.0", was ${said(version)}`;
}

const VERSION = /^[0-9A-Za-z][0-9A-Za-z.+-]{0,255}$/;

const NO_ENTRY =
  'it has no "foretoken" entry, so it is not a plugin package. ' +
  'A plugin package has "foretoken": { "api": 1, "provides": [{ "kind": "head", "name": "...", "export": "." }] }.';

const refuse = (source: PluginSource, problems: readonly string[]): ForetokenError =>
  new ForetokenError('PLUGIN_INVALID', `package.json of ${saidSource(source)}: ${problems.join(' ')}`, { problems });
