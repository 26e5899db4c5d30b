import { ForetokenError, isForetokenError } from '@foretoken/engine/errors';
import type { PluginSource } from './check-definition.ts';
import { type Definition, PLUGIN_API, type PluginBundle } from './define.ts';
import type { Registry } from './registry.ts';

/** The application around a host, as the source of the plugins that it brings itself. */
export interface HostApplication {
  /** Its name as in its package.json: errors and the records of runs say it. */
  readonly package: string;
  /** Raise it with every change of a plugin's results: it is all that tells them apart from older ones. */
  readonly version: string;
}

/**
 * Registers what a container made for an application: definitions, bundles, or instances of classes that have a
 * definition's members. A class' methods stay bound to its instance, and so keep what was injected into it.
 *
 * @throws PLUGIN_DUPLICATE, PLUGIN_INVALID, PLUGIN_API
 */
export function registerGiven(registry: Registry, given: readonly unknown[], application: HostApplication): void {
  const { package: from, version } = application;
  const source: PluginSource = { package: from, version, api: PLUGIN_API };
  for (const definition of given.flatMap(definitionsIn)) registry.register(plainOf(definition), source);
}

/**
 * The error of a container that could not make the plugins of an application: what is missing, and where it goes.
 * @param cause - what the container threw; an error with a code of ours is returned as it is
 */
export function pluginsNotMade(cause: unknown, { package: from, version }: HostApplication): ForetokenError {
  if (isForetokenError(cause)) return cause;
  const who = `the plugins of ${from}@${version} could not be made`;
  const reason = reasonOf(cause).replace(/\.?$/, '.');
  if (/no bindings? found|unregistered dependency token|typeinfo not known|SERVICE_MISSING/i.test(reason)) {
    const next =
      'Register it in the application’s container before the host is made there, and name every parameter’s token with ' +
      '@inject. Of Foretoken’s own services a plugin gets the host’s: log, clock, plugins, openEngine, openSession.';
    return new ForetokenError('SERVICE_MISSING', `${who}: ${reason} ${next}`, { cause });
  }
  const next = 'Mend the constructor or factory that threw.';
  return new ForetokenError('PLUGIN_FAILED', `${who}: ${reason} ${next}`, { cause });
}

/** What and for whom, in one line: containers write paragraphs, the first two of which say it. */
const reasonOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).split('\n\n').slice(0, 2).join(' ').replace(/\s+/g, ' ');

function definitionsIn(given: unknown): readonly unknown[] {
  const provides = (given as Partial<PluginBundle> | null | undefined)?.provides;
  return Array.isArray(provides) ? provides : [given];
}

/** A definition as a plain object: the registry copies own properties, and those of a class are its prototype's. */
function plainOf(value: unknown): Definition {
  const isInstance = typeof value === 'object' && value !== null && !isPlain(value);
  if (!isInstance) return value as Definition;
  const members = new Map<string, unknown>();
  for (let level: object = value; !isEnd(level); level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level)) {
      if (name !== 'constructor' && !members.has(name)) members.set(name, bound(value, name));
    }
  }
  return Object.fromEntries(members) as unknown as Definition;
}

function bound(instance: object, name: string): unknown {
  const member: unknown = (instance as Readonly<Record<string, unknown>>)[name];
  return typeof member === 'function' ? member.bind(instance) : member;
}

const isEnd = (level: object | null): boolean => level === null || level === Object.prototype;
const isPlain = (value: object): boolean => Array.isArray(value) || isEnd(Object.getPrototypeOf(value));
