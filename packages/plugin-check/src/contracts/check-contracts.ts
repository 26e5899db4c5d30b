import type { Promised } from '@foretoken/core';
import type { EngineName } from '@foretoken/engine';
import type { ChildLimits } from '../child/child-process.ts';
import { type Finding, findingsOf } from '../finding.ts';
import type { StagedPackage } from '../subject/stage.ts';
import { type CheckResult, MOST_LOSSES, runSuite, type SuiteResult } from './run-suite.ts';
import type { OptionsByPlugin } from './suite-options.ts';

const finding = findingsOf('contracts');

/** How far the suites are. */
export interface ContractProgress {
  /** `head "low-rank" on cpu`. */
  readonly subject: string;
  /** The check that begins. */
  readonly title: string;
  readonly numDone: number;
  readonly total: number;
}

/** What contracts are checked with. */
export interface ContractsRequest {
  readonly provides: readonly Promised[];
  /** The first is the one that every suite is run on; the others follow where the suite depends on the engine. */
  readonly engines: readonly EngineName[];
  readonly options: OptionsByPlugin;
  readonly limits: ChildLimits;
  readonly signal?: AbortSignal;
  onProgress(progress: ContractProgress): void;
}

/** What became of every suite, and what they found. */
export interface ContractsCheck {
  readonly suites: readonly SuiteResult[];
  readonly findings: readonly Finding[];
}

/** Runs the contract suite of everything that a package provides, on every engine; each suite apart from the others. */
export async function checkContracts(staged: StagedPackage, request: ContractsRequest): Promise<ContractsCheck> {
  const suites: SuiteResult[] = [];
  const findings: Finding[] = [];
  for (const plugin of request.provides) {
    const ofPlugin = await suitesOf(plugin, staged, request);
    suites.push(...ofPlugin);
    findings.push(...ofPlugin.flatMap(findingsOfSuite));
  }
  return { suites, findings };
}

/** On the first engine, then, where it matters, on the others: but not what took the process with it. */
async function suitesOf(
  plugin: Promised,
  { directory }: StagedPackage,
  request: ContractsRequest,
): Promise<readonly SuiteResult[]> {
  const { limits, signal, onProgress } = request;
  const chosen = request.options.get(`${plugin.kind}/${plugin.name}`) ?? { settings: {} };
  const done: SuiteResult[] = [];
  for (const engine of request.engines) {
    const [first] = done;
    if (first && (!first.takesEngine || first.checks.some(({ outcome }) => outcome === 'not run'))) break;
    const without = first?.checks.filter(({ outcome }) => outcome === 'lost').map(({ title }) => title) ?? [];
    const subject = `${plugin.kind} "${plugin.name}" on ${engine}`;
    const onCheck = (title: string, numDone: number, total: number) => onProgress({ subject, title, numDone, total });
    done.push(await runSuite({ ...chosen, directory, plugin, engine, limits, without, signal, onCheck }));
  }
  return done;
}

function findingsOfSuite({ kind, name, engine, checks, notOpened }: SuiteResult): readonly Finding[] {
  const where = `${kind} "${name}" on ${engine}`;
  const broken = checks.flatMap((check) => {
    const { outcome, why, thrown } = check;
    const alike = thrown === undefined ? [] : checks.filter((other) => other.thrown === thrown);
    if (alike.length > 1) return alike[0] === check ? [finding('error', where, oneCause(check, alike.length))] : [];
    if (outcome === 'broken') return [finding('error', where, withoutName(why!, `${kind} "${name}": `))];
    return outcome === 'lost' ? [finding('error', where, `${why!} Mend the hook that it was in.`)] : [];
  });
  const left = checks.filter(({ outcome }) => outcome === 'not run').length;
  if (notOpened !== undefined) return [finding('error', where, cannotBegin(notOpened)), ...broken];
  // Those that were lost on an earlier engine are left out on purpose, and said there.
  const isGivenUp = checks.filter(({ outcome }) => outcome === 'lost').length >= MOST_LOSSES;
  return left > 0 && isGivenUp ? [...broken, finding('error', where, notRun(left))] : broken;
}

/** One mistake keeps many rules from being looked at: it is said once. */
const oneCause = ({ title, thrown, at }: CheckResult, count: number): string =>
  `In ${count} checks ${thrown}${at === undefined ? '' : ` at ${at}`}, first where it was checked that it ${title}. Mend that first: none of them came to an end.`;

const cannotBegin = (why: string): string => {
  const next = /OPTIONS_INVALID/.test(why) ? ' Give it options that it takes: --options FILE.' : '';
  return `Its contract could not be checked: ${why.replace(/\.?$/, '.')}${next}`;
};

const notRun = (count: number): string =>
  `${count} further ${count > 1 ? 'checks were' : 'check was'} not run, because it was lost in so many. Mend those first.`;

function withoutName(message: string, name: string): string {
  const rule = message.startsWith(name) ? message.slice(name.length) : message;
  return rule.charAt(0).toUpperCase() + rule.slice(1);
}
