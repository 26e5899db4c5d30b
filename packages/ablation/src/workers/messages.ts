import { ForetokenError } from '@foretoken/core';
import type { TaskProgress } from '../run/events.ts';
import type { Task, TaskOutcome } from '../run/scheduler.ts';

/** Version of the messages between the coordinator and its workers: both sides refuse another one's. */
export const MESSAGE_VERSION = 1;

/** A task with all that a worker needs to carry it out. */
export interface TaskMessage {
  readonly type: 'perform';
  /** Names the answers. */
  readonly id: number;
  /** Folder of the ablation. */
  readonly directory: string;
  /** Folder that the experiments' relative paths start from. */
  readonly baseDirectory: string;
  readonly task: Task;
}

/** What the coordinator sends; `stop` asks the task at work to save itself. */
export type ToWorker = TaskMessage | { readonly type: 'stop' };

/** What a worker sends; `stopped` says that the task was given up on request, with everything saved. */
export type FromWorker =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly id: number; readonly progress: TaskProgress }
  | { readonly type: 'outcome'; readonly id: number; readonly outcome: TaskOutcome }
  | { readonly type: 'stopped'; readonly id: number };

/** A message as it is sent. */
export const versioned = <T extends ToWorker | FromWorker>(message: T): T & { readonly v: number } => ({
  v: MESSAGE_VERSION,
  ...message,
});

type Fields = { readonly [field: string]: (value: unknown) => boolean };

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isNumberOr = (other: null | undefined) => (value: unknown) => value === other || isNumber(value);
const isText = (value: unknown): boolean => typeof value === 'string';
const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isNonEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isObject);
const has = (fields: Fields) => (value: unknown) =>
  isObject(value) && Object.entries(fields).every(([field, fits]) => fits(value[field]));
const variants = (field: string, forms: { readonly [name: string]: Fields }) => (value: unknown) =>
  isObject(value) &&
  isText(value[field]) &&
  Object.hasOwn(forms, value[field] as string) &&
  has(forms[value[field] as string])(value);

const isProgress = has({ done: isNumber, total: isNumber, unit: isText, perSecond: isNumber });
const isFailure = has({ id: isText, task: isText, code: isText, message: isText });
const isOutcome = variants('kind', {
  trained: { facts: isObject },
  reached: { loss: has({ step: isNumber, steps: isNumber, bits: isNumberOr(null), dataHash: isText }) },
  measured: { record: has({ id: isText, results: isObject, timings: isObject }) },
  failed: { failures: (value) => isNonEmptyList(value) && (value as unknown[]).every(isFailure) },
});
const isTraining = has({ key: isText, experiment: isObject });
const isCell = has({ id: isText });
const isTask = variants('kind', {
  train: { training: isTraining, cells: isNonEmptyList, until: isNumberOr(undefined) },
  measure: { training: isTraining, cell: isCell, facts: isObject },
  time: { training: isTraining, cell: isCell, facts: isObject },
});

const isToWorker = variants('type', {
  perform: { id: isNumber, directory: isText, baseDirectory: isText, task: isTask },
  stop: {},
});
const isFromWorker = variants('type', {
  ready: {},
  progress: { id: isNumber, progress: isProgress },
  outcome: { id: isNumber, outcome: isOutcome },
  stopped: { id: isNumber },
});

/** Checks what a coordinator sent. @throws WORKER_PROTOCOL for another version or form */
export function readToWorker(message: unknown): ToWorker {
  return read(message, isToWorker, 'coordinator') as ToWorker;
}

/** Checks what a worker sent: a plugin in it can send anything. @throws WORKER_PROTOCOL for another version or form */
export function readFromWorker(message: unknown): FromWorker {
  return read(message, isFromWorker, 'worker') as FromWorker;
}

function read(message: unknown, fits: (value: unknown) => boolean, sender: string): unknown {
  const version = isObject(message) ? message.v : undefined;
  if (version === MESSAGE_VERSION && fits(message)) return message;
  const got = (JSON.stringify(message) ?? 'nothing').slice(0, 120);
  const what = isNumber(version) && version !== MESSAGE_VERSION ? `a message of version ${version}` : 'no such message';
  throw new ForetokenError(
    'WORKER_PROTOCOL',
    `a ${sender} sends messages of version ${MESSAGE_VERSION} in their form, got ${what}: ${got}. If packages were updated meanwhile, start the command again; if not, a plugin writes to the channel of its process.`,
  );
}
