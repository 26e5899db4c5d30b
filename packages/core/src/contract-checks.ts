/**
 * The contract suites without a test runner: for tools that check plugins.
 *
 * @packageDocumentation
 */
export { BrokenRule, type Contract, type ContractCheck, SEE_CAUSE } from './testing/contract.ts';
export { type AnyContract, CONTRACTS } from './testing/contracts.ts';
export type { ContractSettings, PluginCase } from './testing/plugin-case.ts';
export { type CheckOutcome, runContract } from './testing/run-contract.ts';
