import type { Promised } from '@foretoken/core';
import type { EngineName } from '@foretoken/engine';
import { type ChildLimits, type ChildLoss, runChild } from '../child/child-process.ts';
import type { Incident } from '../child/incidents.ts';
import { lastWords } from '../child/last-words.ts';
import type { FromChild } from '../child/messages.ts';
import type { SuiteOptions } from './suite-options.ts';

/** What became of one rule. */
export interface CheckResult {
  readonly title: string;
  /** `lost`: the plugin took the process with it, or too long. */
  readonly outcome: 'passed' | 'broken' | 'lost' | 'not run';
  readonly ms?: number;
  /** Of a rule that was not passed: why. */
  readonly why?: string;
  /** What the plugin threw, where that kept the rule from being looked at. */
  readonly thrown?: string;
  /** Line of the package that it came from: `dist/head.js:12`. */
  readonly at?: string;
  /** The whole stack, with those of its causes. */
  readonly stack?: string;
}

/** What became of one plugin's contract on one engine. */
export interface SuiteResult {
  readonly kind: Promised['kind'];
  readonly name: string;
  readonly engine: EngineName;
  readonly options: NonNullable<SuiteOptions['options']>;
  readonly settings: SuiteOptions['settings'];
  readonly checks: readonly CheckResult[];
  /** Why the suite could not be begun. */
  readonly notOpened?: string;
  /** Whether it is another suite on another engine. */
  readonly takesEngine: boolean;
  readonly incidents: readonly Incident[];
  /** Most resident memory of the processes that ran it. */
  readonly peakBytes: number;
}

/** A suite to be run, and with what. */
export interface SuiteRequest extends SuiteOptions {
  readonly directory: string;
  readonly plugin: Promised;
  readonly engine: EngineName;
  readonly limits: ChildLimits;
  /** Titles of checks that are not worth another attempt. */
  readonly without: readonly string[];
  readonly signal?: AbortSignal;
  onCheck(title: string, numDone: number, total: number): void;
}

/** After so many lost processes the rest of a suite is left. */
export const MOST_LOSSES = 3;

/** Runs the contract suite of one plugin on one engine, in processes of its own: one that is lost is followed by the next. */
export async function runSuite(request: SuiteRequest): Promise<SuiteResult> {
  const record = new SuiteRecord(request);
  for (let losses = 0; losses < MOST_LOSSES; losses++) {
    const { directory, plugin, engine, options, settings, limits, signal } = request;
    const { kind, name } = plugin;
    const suite = { kind, name, engine, options, settings, without: record.without() };
    const loss = await runChild({ directory, suite }, limits, (message) => record.hear(message), signal);
    if (loss === undefined || !record.lose(loss)) break;
  }
  return record.result();
}

class SuiteRecord {
  readonly #request: SuiteRequest;
  readonly #checks = new Map<string, CheckResult>();
  #titles: readonly string[] = [];
  #takesEngine = false;
  #options: SuiteResult['options'];
  #checking: string | undefined;
  #incidents: readonly Incident[] = [];
  #peakBytes = 0;
  #notOpened: string | undefined;

  constructor(request: SuiteRequest) {
    this.#request = request;
    this.#options = request.options ?? {};
  }

  without(): readonly string[] {
    return [...this.#request.without, ...this.#checks.keys()];
  }

  hear(message: FromChild): void {
    if (message.type === 'opened') {
      this.#titles = message.titles;
      this.#takesEngine = message.takesEngine;
      this.#options = message.options;
    } else if (message.type === 'checking') {
      this.#checking = message.title;
      this.#request.onCheck(message.title, this.#checks.size, this.#titles.length);
    } else if (message.type === 'checked') {
      const { title, ms, broken, thrown, at, stack } = message;
      const outcome = broken ? 'broken' : 'passed';
      this.#checking = undefined;
      const where = { ...(at && { at }), ...(stack && { stack }) };
      this.#checks.set(title, {
        title,
        outcome,
        ms,
        ...(broken && { why: broken }),
        ...(thrown && { thrown }),
        ...where,
      });
    } else if (message.type === 'done') {
      this.#incidents = [...this.#incidents, ...message.incidents];
      this.#peakBytes = Math.max(this.#peakBytes, message.peakBytes);
    } else if (message.type === 'failed') this.#notOpened = message.message;
  }

  /** @returns whether another process may go on with the rest */
  lose({ reason, log }: ChildLoss): boolean {
    const title = this.#checking;
    this.#checking = undefined;
    if (title === undefined) {
      this.#notOpened = `it ${reason} before its first check${lastWords(log)}`;
      return false;
    }
    this.#checks.set(title, {
      title,
      outcome: 'lost',
      why: `It ${reason} while it was checked that it ${title}${lastWords(log)}.`,
    });
    return true;
  }

  result(): SuiteResult {
    const { plugin, engine, settings } = this.#request;
    const checks = this.#titles.map((title): CheckResult => this.#checks.get(title) ?? { title, outcome: 'not run' });
    return {
      kind: plugin.kind,
      name: plugin.name,
      engine,
      options: this.#options,
      settings,
      checks,
      ...(this.#notOpened !== undefined && { notOpened: this.#notOpened }),
      takesEngine: this.#takesEngine,
      incidents: this.#incidents,
      peakBytes: this.#peakBytes,
    };
  }
}
