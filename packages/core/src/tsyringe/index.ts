/**
 * Foretoken inside an application that is composed with tsyringe. Loads neither tsyringe nor `reflect-metadata` itself: it
 * works on the container that it is given, so there is no second copy of either.
 *
 * @packageDocumentation
 */
export { FORETOKEN_HOST, FORETOKEN_PLUGIN, FORETOKEN_RUN, TOKENS } from '../di/tokens.ts';
export type { HostApplication } from '../plugins/given-plugins.ts';
export { exposeHost, type TsyringeHost } from './expose-host.ts';
export type { TsyringeRun } from './expose-run.ts';
