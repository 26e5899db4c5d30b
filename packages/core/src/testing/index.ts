/**
 * Contract suites for plugins, to be called from vitest.
 *
 * @packageDocumentation
 */
export { describeHeadContract } from './describe-head-contract.ts';
export type { HeadContractSettings } from './head/head-case.ts';
