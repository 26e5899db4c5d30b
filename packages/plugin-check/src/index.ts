export { type CheckOptions, checkPlugin } from './check-plugin.ts';
export type { ContractProgress } from './contracts/check-contracts.ts';
export type { CheckResult } from './contracts/run-suite.ts';
export { type Finding, SECTIONS, type SectionName, type Severity } from './finding.ts';
export { reportMarkdown } from './markdown.ts';
export { NO_SANDBOX, type PluginReport, type Section, type SuiteSummary } from './report.ts';
export type { Origin } from './subject/target.ts';
