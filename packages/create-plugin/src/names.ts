import { builtinModules } from 'node:module';
import { KINDS, type Kind } from './kinds.ts';

/** What Foretoken lets a plugin be called. */
const PLUGIN_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const PLUGIN_NAME_LENGTH = 64;

/** What npm lets a new package be called. */
const PACKAGE_NAME = /^(@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/;
const PACKAGE_NAME_LENGTH = 214;

/** Words that YAML takes for something else than a text. */
const YAML_WORDS = ['true', 'false', 'null'];

/** A name that stands in the templates: replaced by the plugin's. */
export const PLACEHOLDER = 'my-plugin';

/**
 * Why a plugin of this kind cannot have this name, or undefined.
 * @returns a sentence that says what was got and what to do
 */
export function nameProblem(kind: Kind, name: string): string | undefined {
  if (name.length > PLUGIN_NAME_LENGTH || !PLUGIN_NAME.test(name)) {
    const mended = mendedName(name);
    const hint = mended === undefined ? '' : ` Did you mean "${mended}"?`;
    const rule = `lower-case words joined by "-", at most ${PLUGIN_NAME_LENGTH} characters`;
    return `the name must be ${rule}, was ${JSON.stringify(name)}.${hint}`;
  }
  if (YAML_WORDS.includes(name)) return `the name "${name}" means something else in YAML. Choose another.`;
  if ((KINDS[kind].builtIns as readonly string[]).includes(name)) {
    return `Foretoken has a ${kind} "${name}" already, and a name stands for one plugin. Choose another.`;
  }
  return undefined;
}

/** Why npm would refuse this package name, or undefined. */
export function packageNameProblem(name: string): string | undefined {
  const isReserved = ['node_modules', 'favicon.ico', ...builtinModules].includes(name);
  if (name.length <= PACKAGE_NAME_LENGTH && PACKAGE_NAME.test(name) && !isReserved) return undefined;
  const rule = `a new name on npm: lower case, digits, "-", "." and "_", "@scope/" before it if any, at most ${PACKAGE_NAME_LENGTH} characters, no module of Node`;
  return `the package must have ${rule}; was ${JSON.stringify(name)}.`;
}

/** The package that a plugin is published as, unless another is asked for. */
export const defaultPackageName = (kind: Kind, name: string): string => `foretoken-${kind}-${name}`;

/** The nearest name that is allowed, if there is any in the text. */
function mendedName(text: string): string | undefined {
  const words = text
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
  const name = words
    .join('-')
    .replace(/^[0-9-]+/, '')
    .slice(0, PLUGIN_NAME_LENGTH);
  return PLUGIN_NAME.test(name) ? name : undefined;
}
