import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Random } from '@foretoken/core';
import { expect } from 'vitest';
import type { FillableDisk } from './chaos-disk.fixture.ts';
import { isThere, readStamps, type Stamp, taskAtWork } from './chaos-stamps.fixture.ts';

const fixture = fileURLToPath(new URL('./chaos.fixture.mjs', import.meta.url));
const preload = pathToFileURL(fileURLToPath(new URL('./chaos-preload.fixture.mjs', import.meta.url))).href;

/** Where a stopped worker counts as lost, unless something else is said. */
const SILENCE_MS = 2_000;
const HOUR_MS = 3_600_000;
const SECOND_CHECKPOINT = 'step-00000016';
const POLL_MS = 20;
/** For what takes a second on an idle machine. */
const PATIENCE_MS = 240_000;
/** A run may end before its time where the workers of one task were killed again and again. */
const MOST_RESTARTS = 3;

/** What can happen to a run. */
export const HAPPENINGS = {
  'worker killed': (run: ChaoticRun) => run.killWorker(),
  'coordinator killed': (run: ChaoticRun) => run.killCoordinator(),
  'worker killed while it writes': (run: ChaoticRun) => run.killWriter('worker'),
  'coordinator killed while it writes': (run: ChaoticRun) => run.killWriter('coordinator'),
  'worker stopped past its lease, then continued': (run: ChaoticRun) => run.stopWorker(),
  'worker stopped, its coordinator killed': (run: ChaoticRun) => run.stopWorkerOfKilled(),
  'disk full': (run: ChaoticRun) => run.fillDisk(),
  'wall clock an hour ahead': (run: ChaoticRun) => run.jump(HOUR_MS),
  'wall clock an hour behind': (run: ChaoticRun) => run.jump(-HOUR_MS),
} as const;

export type Happening = keyof typeof HAPPENINGS;

/** Where a run is. */
export type Place = Pick<FillableDisk, 'folder'> &
  Partial<Pick<FillableDisk, 'fill' | 'free'>> & { readonly silenceMs?: number };

interface Coordinator {
  readonly child: ChildProcess & { readonly pid: number };
  readonly exit: Promise<number | null>;
  /** What it wrote to stderr. */
  text: string;
}

/** Runs an ablation to its end, with nothing preloaded. @returns the exit code */
export function runInPeace(folder: string): Promise<number | null> {
  const child = spawn(process.execPath, [fixture, path.join(folder, 'ablation.yaml')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return new Promise((resolve) => child.once('close', resolve));
}

/** One ablation, run by processes to which things happen. */
export class ChaoticRun {
  /** What coordinators wrote to stderr, those at a full disk and those that were refused left out. */
  complaints = '';
  readonly #place: Place;
  readonly #control: string;
  readonly #random: Random;
  #coordinator: Coordinator;

  constructor(place: Place, { control, random }: { readonly control: string; readonly random: Random }) {
    this.#place = place;
    this.#control = control;
    this.#random = random;
    this.#coordinator = this.#spawn();
  }

  /**
   * Waits until so many measurements were made, some of them for nothing, and lets the run go a little further: no machine
   * is so fast that it ends before everything has happened to it.
   */
  async measured(cells: number): Promise<void> {
    this.#hold(Math.max(cells, this.#numMeasured()) + 2);
    await this.#until(() => this.#numMeasured() >= cells);
  }

  /** Lets the run end, with the same command where a cell was killed too often. */
  async finish(): Promise<void> {
    this.#goOn();
    for (let runs = 0; (await this.#exit()) !== 0; runs++) {
      expect(runs, this.complaints).toBeLessThan(MOST_RESTARTS);
      this.#restart();
    }
  }

  /** Ends whatever is left. */
  async dispose(): Promise<void> {
    const left = () => readStamps(this.#control).filter((stamp) => stamp.type === 'process' && isThere(stamp));
    for (let found = left(); found.length > 0; found = left()) {
      for (const stamp of found) signal(stamp, 'SIGKILL');
      await sleep(POLL_MS);
    }
  }

  /** Waits for the run to end by itself. @returns the exit code */
  ended(): Promise<number | null> {
    return this.#exit();
  }

  /** One of the workers that have begun a task, once there is one. */
  async workerAtWork(): Promise<Stamp> {
    const find = (): Stamp | undefined => {
      const stamps = readStamps(this.#control);
      return stamps.find((stamp) => stamp.role === 'worker' && taskAtWork(stamps, stamp) !== undefined);
    };
    await this.#until(() => find() !== undefined);
    return find()!;
  }

  async killWorker(): Promise<void> {
    const [worker] = await this.#workers();
    signal(worker, 'SIGKILL');
    await this.#until(() => !isThere(worker));
  }

  async killCoordinator(): Promise<void> {
    this.#coordinator.child.kill('SIGKILL');
    await this.#exit();
    this.#restart();
  }

  /** Of the workers the first that writes the second checkpoint of a training, which then goes on from the one before. */
  async killWriter(role: 'worker' | 'coordinator'): Promise<void> {
    const order = path.join(this.#control, `kill ${role}`);
    const { child } = this.#coordinator;
    // The next training is no further away.
    this.#hold(this.#numMeasured() + 5);
    writeFileSync(order, role === 'worker' ? SECOND_CHECKPOINT : '');
    await this.#until(() => !existsSync(order));
    if (role === 'worker') return;
    await this.#until(() => this.#coordinator.child !== child);
  }

  async stopWorker(): Promise<void> {
    const [worker] = await this.#workers();
    signal(worker, 'SIGSTOP');
    await this.#until(() => !isThere(worker));
    this.#continue(worker);
  }

  async stopWorkerOfKilled(): Promise<void> {
    const [worker] = await this.#workers();
    signal(worker, 'SIGSTOP');
    await this.killCoordinator();
    await this.#until(() => !isThere(worker));
    this.#continue(worker);
  }

  async fillDisk(): Promise<void> {
    this.#place.fill!();
    this.#goOn();
    await this.#endsFull();
    // What it removed in ending has left a few blocks, with which another could begin.
    this.#place.fill!();
    this.#coordinator = this.#spawn();
    await this.#endsFull();
    this.#place.free!();
    this.#coordinator = this.#spawn();
  }

  /** Whoever trusted the wall clock would now take the folder for abandoned, or its workers for lost. */
  async jump(ms: number): Promise<void> {
    await this.#until(() => this.#hasFolder());
    const workers = await this.#workers();
    const before = readStamps(this.#control);
    this.#hold(this.#numMeasured() + 3);
    writeFileSync(path.join(this.#control, 'clock'), String(ms));
    const other = this.#spawn();
    expect(await other.exit).toBe(1);
    expect(other.text).toContain('ABLATION_BUSY');
    await this.#until(() => readStamps(this.#control).length > before.length + 2);
    expect.soft(workers.filter((worker) => !isThere(worker))).toEqual([]);
  }

  #numMeasured(): number {
    return readStamps(this.#control).filter(({ type, how }) => type === 'end' && how === 'measured').length;
  }

  /** Nothing more is begun once so many were measured. */
  #hold(cells: number): void {
    writeFileSync(path.join(this.#control, 'hold'), String(cells));
  }

  #goOn(): void {
    rmSync(path.join(this.#control, 'hold'), { force: true });
  }

  /** Whether the coordinator has the folder of the run, as its lock says. */
  #hasFolder(): boolean {
    const leases = path.join(this.#place.folder, 'out/leases');
    try {
      const locks = readdirSync(leases).filter((name) => name.startsWith('coordinator-'));
      const holders = locks.map((name) => JSON.parse(readFileSync(path.join(leases, name), 'utf8')));
      return holders.some(({ pid, holds }) => holds && pid === this.#coordinator.child.pid);
    } catch {
      // Not there yet, or given up in this moment.
      return false;
    }
  }

  async #endsFull(): Promise<void> {
    const { exit, child } = this.#coordinator;
    const code = await Promise.race([exit, sleep(PATIENCE_MS, 'still there')]);
    if (code === 'still there') child.kill('SIGKILL');
    expect(code, this.#coordinator.text).toBe(1);
    expect(this.#coordinator.text).toContain('DISK_FULL');
  }

  #continue(worker: Stamp): void {
    const before = readStamps(this.#control).filter(({ pid }) => pid === worker.pid).length;
    signal(worker, 'SIGCONT');
    // It was ended while it was stopped, so there is nobody to go on.
    expect(isThere(worker)).toBe(false);
    expect(readStamps(this.#control).filter(({ pid }) => pid === worker.pid)).toHaveLength(before);
  }

  /** Living workers of this coordinator in a random order, those at work before the others. */
  async #workers(): Promise<Stamp[]> {
    const find = (): Stamp[] => {
      const stamps = readStamps(this.#control);
      const own = stamps.filter(({ role, parent }) => role === 'worker' && parent === this.#coordinator.child.pid);
      const drawn = own.filter(isThere).map((stamp) => ({ stamp, order: this.#random.uniform() }));
      const rank = (stamp: Stamp) => (taskAtWork(stamps, stamp) === undefined ? 1 : 0);
      return drawn.sort((a, b) => rank(a.stamp) - rank(b.stamp) || a.order - b.order).map(({ stamp }) => stamp);
    };
    await this.#until(() => find().length > 0);
    return find();
  }

  /** Waits for something, starting the run again where it ended before its time. */
  async #until(isSo: () => boolean): Promise<void> {
    const startMs = performance.now();
    for (let restarts = 0; !isSo(); ) {
      expect(performance.now() - startMs, `waited for ${isSo}\n${this.complaints}`).toBeLessThan(PATIENCE_MS);
      const { exitCode, signalCode } = this.#coordinator.child;
      if (exitCode !== null || signalCode !== null) {
        await this.#exit();
        expect(restarts++, this.complaints).toBeLessThan(MOST_RESTARTS);
        this.#restart();
      }
      await sleep(POLL_MS);
    }
  }

  #restart(): void {
    this.#coordinator = this.#spawn();
  }

  async #exit(): Promise<number | null> {
    const { exit } = this.#coordinator;
    const code = await exit;
    this.complaints += this.#coordinator.text;
    return code;
  }

  #spawn(): Coordinator {
    const child = spawn(
      process.execPath,
      [fixture, path.join(this.#place.folder, 'ablation.yaml'), String(this.#place.silenceMs ?? SILENCE_MS)],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, CHAOS_FOLDER: this.#control, NODE_OPTIONS: `--import=${preload}` },
      },
    ) as unknown as Coordinator['child'];
    const exit = new Promise<number | null>((resolve) => child.once('close', resolve));
    const coordinator: Coordinator = { child, exit, text: '' };
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      coordinator.text += text;
    });
    return coordinator;
  }
}

function signal({ pid }: Stamp, name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    // It ended by itself in this moment.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
