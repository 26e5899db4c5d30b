import { type ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import type { Json } from '../contracts/json.ts';
import { didYouMean } from '../plugins/closest.ts';
import type { PluginKind } from '../plugins/define.ts';
import { once } from '../plugins/once.ts';
import { type CheckedOptions, compileSchema, RESERVED_KEYS } from '../plugins/options-schema.ts';
import { type Path, problemsOf, type SchemaProblem } from '../plugins/problems.ts';
import { type NamedOptions, type Registry, unknownPlugin } from '../plugins/registry.ts';
import { attachBase } from './attach-base.ts';
import { complete } from './defaults.ts';
import type { Experiment, PluginRef } from './experiment.ts';
import { deepFreeze } from './freeze.ts';
import { mapReferences, type Reference, referencesOf } from './references.ts';
import { type ConfigProblem, MAX_PROBLEMS, refuseUnreadable, throwProblems } from './report.ts';
import { contradictions } from './rules.ts';
import { experimentSchema, formOfReference } from './schema.ts';
import { member, type Source } from './source-map.ts';

/**
 * The complete experiment that a configuration means: every default written out, every option checked by its plugin's
 * schema, frozen.
 *
 * @param source - from `parseSource`, or `sourceOf` for data that never was a text
 * @param baseDirectory - folder that the path of a base run starts from
 * @throws CONFIG_SYNTAX if the text does not parse; FORMAT_VERSION if it is of another format
 * @throws CONFIG_INVALID, OPTIONS_INVALID, PLUGIN_UNKNOWN or CONFIG_CONFLICT with every mistake in `problems`; the code
 * is CONFIG_INVALID where they differ
 * @throws RUN_NOT_FOUND, RUN_UNFINISHED, FILE_READ or FILE_CORRUPT for a base run that cannot be used
 */
export function resolveExperiment(source: Source, registry: Registry, baseDirectory = '.'): Experiment {
  refuseUnreadable(source);
  const { experiment, problems } = inspectExperiment(source, registry, baseDirectory);
  throwProblems(source, problems);
  return experiment;
}

/** The same without throwing: the experiment is worth something only if there is no problem. */
export function inspectExperiment(
  given: Source,
  registry: Registry,
  baseDirectory = '.',
): { experiment: Experiment; problems: readonly ConfigProblem[] } {
  const { source, problems: ofBase } = attachBase(given, baseDirectory);
  const problems = [...structuralProblems(given), ...ofBase];
  const draft = complete(source.value as Json, defaultName(source.path));
  const experiment = mapReferences(draft, (reference) => {
    if (problems.length >= MAX_PROBLEMS) return reference.ref;
    const resolved = resolveReference(reference, registry, source);
    problems.push(...resolved.problems);
    return resolved.ref;
  });
  if (problems.length === 0) problems.push(...contradictions(experiment, registry));
  return {
    experiment: deepFreeze(problems.length === 0 ? withDiscovered(experiment, registry) : experiment),
    problems,
  };
}

/** Lists the packages that an experiment uses and nobody listed: saved, it needs no discovery to be run again. */
function withDiscovered(experiment: Experiment, registry: Registry): Experiment {
  const used = referencesOf(experiment).flatMap(({ kind, ref }) => registry.source(kind, ref.name).discoveredAs ?? []);
  if (used.length === 0) return experiment;
  return { ...experiment, plugins: [...new Set([...experiment.plugins, ...used.sort()])] };
}

const formValidator = once(() => compileSchema(experimentSchema(formOfReference), { isTested: true }));

/** What is wrong whatever plugins there are. */
export function structuralProblems(source: Source): ConfigProblem[] {
  const validate = formValidator();
  if (validate(source.value)) return [];
  // Some three errors of a schema make one problem, and comparing them takes the square of their number.
  return problemsOf((validate.errors ?? []).slice(0, 4 * MAX_PROBLEMS)).map(({ path, atKey, sentence }) => ({
    code: 'CONFIG_INVALID',
    path,
    part: atKey ? 'key' : 'value',
    sentence,
  }));
}

/** A file's name without its extension, as a label. */
function defaultName(path: string): string {
  const file = path.split(/[\\/]/).pop() ?? '';
  const label = file.replace(/\.(ya?ml|json)$/i, '').replace(/[^A-Za-z0-9._-]+/g, '-');
  return /^[A-Za-z0-9]/.test(label) ? label.slice(0, 100) : 'experiment';
}

function resolveReference(
  { kind, path, ref }: Reference,
  registry: Registry,
  source: Source,
): { ref: PluginRef; problems: ConfigProblem[] } {
  // Its form is wrong, and the schema has said so.
  if (typeof ref.name !== 'string' || ref.name === '') return { ref, problems: [] };
  const barred = registry.barredBy(kind, ref.name);
  if (barred || !registry.has(kind, ref.name)) {
    const written = path.reduce<Json | undefined>((value, key) => member(value, key), source.value);
    const at = member(written, 'name') === undefined ? path : [...path, 'name'];
    if (barred) return { ref, problems: [problemAt(at, barred)] };
    const sentence = `${unknownPlugin(kind, ref.name, registry.names(kind))}${ofBaseRun(path)}`;
    return { ref, problems: [{ code: 'PLUGIN_UNKNOWN', path: at, sentence }] };
  }
  const checked = inspect(registry, kind, ref as NamedOptions);
  if (isForetokenError(checked)) return { ref, problems: [problemAt(path, checked)] };
  const { options, problems } = checked;
  const inPlace = problems.map(
    (problem): ConfigProblem => ({
      code: 'OPTIONS_INVALID',
      path: [...path, ...problem.path],
      part: problem.atKey ? 'key' : 'value',
      sentence: `${problem.sentence.replace(/\.$/, '')} (${kind} "${ref.name}").${ownKeys(kind, problem)}`,
    }),
  );
  return { ref: { name: ref.name, ...options }, problems: inPlace };
}

/** Options as the plugin's schema sees them; an error if that is no schema, which shows as it is first used. */
function inspect(registry: Registry, kind: PluginKind, ref: NamedOptions): CheckedOptions | ForetokenError {
  try {
    return registry.inspectOptions(kind, ref);
  } catch (error) {
    if (isForetokenError(error)) return error;
    throw error;
  }
}

const problemAt = (path: Path, { code, message }: ForetokenError): ConfigProblem => ({
  ...{ code, path },
  sentence: message.replace(`${code}: `, ''),
});

const ofBaseRun = ([, second]: Reference['path']): string =>
  second === 'base' ? ' The base run was trained with it: add its package to `plugins`.' : '';

/** A plugin's schema does not know the framework's keys beside its options: a slip of the pen may mean one of them. */
function ownKeys(kind: PluginKind, { path, atKey }: SchemaProblem): string {
  const keys = RESERVED_KEYS[kind];
  if (!atKey || path.length !== 1 || keys.length === 0) return '';
  return `${didYouMean(String(path[0]), keys)} Keys of every ${kind}: ${keys.join(', ')}.`;
}
