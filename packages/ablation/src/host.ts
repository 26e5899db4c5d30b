import { fileURLToPath } from 'node:url';
import {
  createHost,
  type EngineOpener,
  type Hook,
  type Host,
  type HostOptions,
  type SessionFactory,
} from '@foretoken/core';

/** Packages whose plugins every experiment may use unasked. They come through the same door as anyone's. */
const BUILT_INS: readonly string[] = [
  '@foretoken/core',
  '@foretoken/trunks',
  '@foretoken/heads',
  '@foretoken/decoders',
  '@foretoken/evals',
];

/** Whether a hook is of a package that does not come with Foretoken. */
export const isForeign = ({ source }: Hook): boolean => !BUILT_INS.includes(source.package);

/** What a process may bring; see {@link HostOptions}. */
export type ForetokenHostOptions = Pick<
  HostOptions,
  'log' | 'clock' | 'roots' | 'openEngine' | 'application' | 'watch'
>;

/**
 * The composition of Foretoken: core's host with the built-in packages and the decoding session.
 *
 * Packages that an experiment names are loaded when it is opened, from the folder of its configuration file. The tensor
 * library is loaded with the first engine, so a process that only reads configurations stays light.
 * @throws PLUGIN_NOT_FOUND, PLUGIN_INVALID or PLUGIN_API if the installation is broken
 */
export function createForetokenHost(options: ForetokenHostOptions = {}): Promise<Host> {
  const from = fileURLToPath(new URL('.', import.meta.url));
  return createHost({ ...options, builtIns: BUILT_INS, from, ...tensorServices(options.openEngine ?? openEngine) });
}

/** The services that need the tensor library. A session is of a model, so an engine was opened before it. */
function tensorServices(open: EngineOpener): { openEngine: EngineOpener; openSession: SessionFactory } {
  let openSession: SessionFactory | undefined;
  return {
    async openEngine(options) {
      openSession ??= (await import('@foretoken/decoders')).openSession;
      return open(options);
    },
    openSession(model) {
      if (!openSession) throw new Error('a session was asked for before any engine was opened');
      return openSession(model);
    },
  };
}

const openEngine: EngineOpener = async (options) => {
  const engine = await import('@foretoken/engine');
  return engine.openEngine(options);
};
