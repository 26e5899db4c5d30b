import type { PluginKind } from '@foretoken/core';
import type { EngineName } from '@foretoken/engine';
import type { CheckResult, SuiteResult } from './contracts/run-suite.ts';
import { type Finding, isClean, SECTIONS, type SectionName } from './finding.ts';
import type { Origin } from './subject/target.ts';

/** What became of one part of a check. */
export interface Section {
  readonly name: SectionName;
  readonly title: string;
  /** `not run`: something before it has to be mended first. */
  readonly state: 'passed' | 'warned' | 'failed' | 'not run';
  /** What was looked at, or why it was not. */
  readonly summary: string;
  readonly findings: readonly Finding[];
}

/** What became of one plugin's contract on one engine. */
export interface SuiteSummary {
  readonly kind: PluginKind;
  readonly name: string;
  readonly engine: EngineName;
  readonly options: SuiteResult['options'];
  readonly settings: SuiteResult['settings'];
  readonly passed: number;
  readonly total: number;
  readonly seconds: number;
  readonly peakBytes: number;
  readonly checks: readonly CheckResult[];
}

/** All that a check found: `foretoken plugin check --json`. */
export interface PluginReport {
  readonly package: string;
  readonly version: string;
  readonly origin: Origin;
  /** Whether nothing that was found is an error. */
  readonly ok: boolean;
  /** Release of the framework that it was checked with, and where. */
  readonly foretoken: string;
  readonly api: number;
  readonly node: string;
  readonly platform: string;
  readonly engines: readonly EngineName[];
  readonly provides: readonly { readonly kind: PluginKind; readonly name: string }[];
  readonly sections: readonly Section[];
  readonly suites: readonly SuiteSummary[];
}

/** What is not promised, wherever a report is read. */
export const NO_SANDBOX =
  'A plugin is code that runs with your rights: a check finds accidents, and no code that means to hide.';

/** One part of a report, from its findings. @param notRun - why it was not, where it was not */
export function sectionOf(
  name: SectionName,
  findings: readonly Finding[],
  { summary, notRun }: { readonly summary?: string; readonly notRun?: string },
): Section {
  const title = SECTIONS[name];
  const own = findings.filter((one) => one.section === name);
  if (notRun !== undefined) return { name, title, state: 'not run', summary: notRun, findings: own };
  const hasWarnings = own.some(({ severity }) => severity === 'warning');
  const state = isClean(own) ? (hasWarnings ? 'warned' : 'passed') : 'failed';
  return { name, title, state, summary: summary ?? '', findings: own };
}

/** A suite as a report shows it. */
export function summaryOf({ takesEngine: _, incidents: __, notOpened: ___, ...suite }: SuiteResult): SuiteSummary {
  const { checks } = suite;
  const ms = checks.reduce((total, check) => total + (check.ms ?? 0), 0);
  return {
    ...suite,
    passed: checks.filter(({ outcome }) => outcome === 'passed').length,
    total: checks.length,
    seconds: Number((ms / 1000).toFixed(2)),
  };
}
