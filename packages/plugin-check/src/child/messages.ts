import type { Json, PluginKind } from '@foretoken/core';
import type { EngineName } from '@foretoken/engine';
import type { Incident } from './incidents.ts';

/** A suite that a child process is to run. */
export interface SuiteJob {
  readonly kind: PluginKind;
  readonly name: string;
  readonly engine: EngineName;
  /** Undefined: the child chooses. */
  readonly options?: Readonly<Record<string, Json>>;
  readonly settings: Readonly<Record<string, Json>>;
  /** Titles of checks that are left out: those that an earlier child did, or was lost in. */
  readonly without: readonly string[];
}

/** What a child process is to do: load a package, and run a suite of what it provides. */
export interface Job {
  /** The staged package. */
  readonly directory: string;
  /** Undefined: only load it, and see what that does. */
  readonly suite?: SuiteJob;
}

/** What a child process says, in this order. */
export type FromChild =
  /** The package's code is imported now. */
  | { readonly type: 'importing' }
  | { readonly type: 'loaded'; readonly ms: number; readonly incidents: readonly Incident[] }
  /** The suite starts; `titles` are its checks. */
  | {
      readonly type: 'opened';
      readonly titles: readonly string[];
      readonly takesEngine: boolean;
      readonly options: Readonly<Record<string, Json>>;
    }
  | { readonly type: 'checking'; readonly title: string }
  | {
      readonly type: 'checked';
      readonly title: string;
      readonly ms: number;
      readonly broken?: string;
      /** What the plugin threw, where the rule was not come to. */
      readonly thrown?: string;
      /** Where in the package, where it threw anything: `dist/head.js:12`. */
      readonly at?: string;
      readonly stack?: string;
    }
  | { readonly type: 'done'; readonly incidents: readonly Incident[]; readonly peakBytes: number }
  /** It cannot go on; `message` is for a reader. */
  | { readonly type: 'failed'; readonly message: string };

/** File descriptor of the pipe behind the IPC channel, which a child's resident bytes are written to. */
export const BEAT_FD = 4;

/** Milliseconds between two of them. */
export const BEAT_MS = 100;
