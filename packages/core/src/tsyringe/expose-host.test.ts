import 'reflect-metadata';
import { type DependencyContainer, inject, injectable, container as root } from 'tsyringe';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  APPLICATION,
  experimentOf,
  fakeDefinitions,
  HOST_OPTIONS,
  InjectedWeighting,
  NOTES,
  plainWeighting,
  SecondWeighting,
} from '../di/application.fixture.ts';
import { createHost, type HostOptions } from '../di/host.ts';
import { type RunServices, TOKENS } from '../di/tokens.ts';
import { definePlugin } from '../plugins/define.ts';
import { exposeHost, FORETOKEN_HOST, FORETOKEN_PLUGIN, FORETOKEN_RUN, type TsyringeHost } from './index.ts';

// What @inject and @injectable do, called as the functions that they are.
for (const weighting of [InjectedWeighting, SecondWeighting]) {
  inject(TOKENS.log)(weighting, undefined, 0);
  inject(NOTES)(weighting, undefined, 1);
  injectable()(weighting as never);
}

/** An application's container with what a test adds. */
function application(add: (container: DependencyContainer) => void = () => {}): DependencyContainer {
  const container = root.createChildContainer();
  add(container);
  return container;
}

/** Adds the plugins that experiments need. */
const forRuns = (container: DependencyContainer): void => {
  container.register(FORETOKEN_PLUGIN, { useValue: definePlugin({ provides: fakeDefinitions() }) });
};

async function exposed(container: DependencyContainer, options: Partial<HostOptions> = {}): Promise<TsyringeHost> {
  const host = await createHost({ ...HOST_OPTIONS, ...options });
  onTestFinished(() => host.dispose());
  return exposeHost(host, container, APPLICATION);
}

const messageOf = (work: () => unknown): Promise<string> =>
  Promise.resolve()
    .then(work)
    .then(
      () => 'nothing thrown',
      (error: Error) => error.message,
    );

const OF_HOST = ['log', 'clock', 'plugins', 'openEngine', 'openSession'] as const;
const ALL = Object.keys(TOKENS) as (keyof RunServices)[];

describe('the container of an application', () => {
  test('has the services of the host, the host among them', async () => {
    const container = application();
    const host = await exposed(container);
    for (const service of OF_HOST) expect(container.resolve(TOKENS[service]), service).toBe(host[service]);
    expect(container.resolve(FORETOKEN_HOST)).toBe(host);
    expect(host.services).toBe(container);
  });

  test('says where the services of a run are', async () => {
    const container = application();
    await exposed(container);
    const ofRun = ALL.filter((service) => !OF_HOST.some((one) => one === service));
    expect(ofRun).toHaveLength(13);
    for (const service of ofRun) {
      expect(await messageOf(() => container.resolve(TOKENS[service]))).toBe(
        `SERVICE_MISSING: ${service} belongs to a run, and was asked of the container of the application. ` +
          'Open a run, `const run = await host.openRun(experiment, folder)`, and ask its container, `run.services`.',
      );
    }
  });

  test('takes one host, and no service of ours beside it', async () => {
    const container = application();
    await exposed(container);
    expect(await messageOf(() => exposed(container))).toBe(
      'SERVICE_DUPLICATE: the container has foretoken.log already, from another host or the application. ' +
        'Expose one host in a container, and give a log, clock or engine of your own to createHost.',
    );
    const own = application((it) => it.registerInstance(TOKENS.clock, () => 0));
    expect(await messageOf(() => exposed(own))).toContain('the container has foretoken.clock already');
  });
});

describe('a run', () => {
  test('has a child container with every service, the same that the run gives', async () => {
    const host = await exposed(application(forRuns));
    const run = await host.openRun(experimentOf(host.plugins.builtIns), '/');
    for (const service of ALL) {
      expect(await run.services.resolve(TOKENS[service]), service).toBe(await run.get(service));
    }
    expect(run.services.resolve(FORETOKEN_RUN)).toBe(run);
    expect(run.services.resolve(FORETOKEN_HOST)).toBe(host);
  });

  test('has services of its own, apart from other runs', async () => {
    const host = await exposed(application(forRuns));
    const experiment = experimentOf(host.plugins.builtIns);
    const [one, two] = [await host.openRun(experiment, '/'), await host.openRun(experiment, '/')];
    expect(one.services.resolve(TOKENS.tokenizer)).not.toBe(two.services.resolve(TOKENS.tokenizer));
    expect(await one.services.resolve(TOKENS.model)).not.toBe(await two.services.resolve(TOKENS.model));
    expect(one.services.resolve(TOKENS.plugins)).toBe(two.services.resolve(TOKENS.plugins));
  });
});

describe('plugins registered in the container', () => {
  test('are plain objects, bundles and classes, and belong to the application', async () => {
    const [notes, log] = [[] as string[], vi.fn()];
    const container = application((it) => {
      forRuns(it);
      it.registerInstance(NOTES, notes);
      it.register(FORETOKEN_PLUGIN, { useValue: plainWeighting });
      it.register(FORETOKEN_PLUGIN, { useClass: InjectedWeighting as never });
    });
    const host = await exposed(container, { log });
    const registry = host.plugins.builtIns;
    expect(registry.names('weighting')).toEqual(['injected', 'plain', 'uniform']);
    expect(registry.source('weighting', 'injected')).toEqual({ ...APPLICATION, api: 1 });
    const experiment = experimentOf(
      registry,
      'model: { head: { name: low-rank, horizon: 3 } }\ntraining: { weighting: injected }',
    );
    const run = await host.openRun(experiment, '/');
    expect(run.services.resolve<RunServices['weighting']>(TOKENS.weighting).start([])).toBeNull();
    expect(log).toHaveBeenCalledExactlyOnceWith('made for horizon 3');
    expect(notes).toEqual(['made']);
  });

  test('are taken when the host is exposed, and not later', async () => {
    const container = application();
    const host = await exposed(container);
    container.register(FORETOKEN_PLUGIN, { useValue: plainWeighting });
    expect(host.plugins.builtIns.has('weighting', 'plain')).toBe(false);
  });

  test('may be none', async () => {
    const host = await exposed(root.createChildContainer());
    expect(host.plugins.builtIns.list()).toEqual([]);
  });

  test('may not share a name', async () => {
    const container = application((it) => {
      it.registerInstance(NOTES, []);
      it.register(FORETOKEN_PLUGIN, { useClass: InjectedWeighting as never });
      it.register(FORETOKEN_PLUGIN, { useClass: SecondWeighting as never });
    });
    expect(await messageOf(() => exposed(container))).toBe(
      'PLUGIN_DUPLICATE: weighting "injected" is provided by both my-app@3.2.1 and my-app@3.2.1. ' +
        'Remove one of the two: a package from `plugins`, or what the application registers itself.',
    );
  });

  test('that are none are refused', async () => {
    const container = application((it) => it.registerInstance(FORETOKEN_PLUGIN, ['head']));
    expect(await messageOf(() => exposed(container))).toMatch(
      /^PLUGIN_INVALID: a plugin of my-app@3.2.1: must be what/,
    );
  });

  test('whose service is missing are an error that names it and the next step', async () => {
    const container = application((it) => it.register(FORETOKEN_PLUGIN, { useClass: InjectedWeighting as never }));
    const message = await messageOf(() => exposed(container));
    expect(message).toMatch(/^SERVICE_MISSING: the plugins of my-app@3\.2\.1 could not be made: .*InjectedWeighting/);
    expect(message).toContain('"Symbol(my-app.notes)"');
    expect(message).toContain('Register it in the application’s container before the host is made there');
    expect(message).not.toContain('\n');
  });

  test('that ask for a service of runs are told which ones there are', async () => {
    class Early {
      constructor(readonly model: unknown) {}
    }
    inject(TOKENS.model)(Early, undefined, 0);
    injectable()(Early);
    const container = application((it) => it.register(FORETOKEN_PLUGIN, { useClass: Early }));
    const message = await messageOf(() => exposed(container));
    expect(message).toMatch(
      /^SERVICE_MISSING: .*model belongs to a run.*a plugin gets the host’s: log, clock, plugins/,
    );
  });

  test('without a decorator are told to name their tokens', async () => {
    class Bare {
      constructor(readonly log: unknown) {}
    }
    const container = application((it) => it.register(FORETOKEN_PLUGIN, { useClass: Bare }));
    expect(await messageOf(() => exposed(container))).toMatch(/^SERVICE_MISSING: .*"Bare"\. .*token with @inject/);
  });

  test('whose constructor throws are an error with what it threw', async () => {
    const boom = () => {
      throw new Error('out of paper');
    };
    const container = application((it) => it.register(FORETOKEN_PLUGIN, { useFactory: boom }));
    expect(await messageOf(() => exposed(container))).toBe(
      'PLUGIN_FAILED: the plugins of my-app@3.2.1 could not be made: out of paper. Mend the constructor or factory that threw.',
    );
  });
});

describe('disposal', () => {
  async function withTwoRuns() {
    const container = application(forRuns);
    const host = await exposed(container);
    const experiment = experimentOf(host.plugins.builtIns);
    const runs = [await host.openRun(experiment, '/'), await host.openRun(experiment, '/')];
    const spies = await Promise.all(runs.map(async (run) => vi.spyOn(await run.get('model'), 'dispose')));
    const disposed = () => spies.map((spy) => spy.mock.calls.length);
    return { container, host, runs, disposed, memory: (await runs[0].get('engine')).memory };
  }

  test('of the application’s container frees the models of every open run', async () => {
    const { container, runs, disposed, memory } = await withTwoRuns();
    const before = memory().numTensors;
    await container.dispose();
    expect(disposed()).toEqual([1, 1]);
    // One weight of the fake trunk each, and the readout's.
    expect(before - memory().numTensors).toBeGreaterThanOrEqual(2);
    expect(() => runs[0].services.resolve(TOKENS.tokenizer)).toThrow('has been disposed');
  });

  test('of a run and of its container are one, once', async () => {
    const { runs, disposed } = await withTwoRuns();
    await runs[0].services.dispose();
    await runs[0].dispose();
    expect(disposed()).toEqual([1, 0]);
    await runs[1].dispose();
    await runs[1].dispose();
    expect(disposed()).toEqual([1, 1]);
    expect(() => runs[1].services.resolve(TOKENS.tokenizer)).toThrow('has been disposed');
  });

  test('of the host leaves the application’s container as it is', async () => {
    const { container, host, disposed } = await withTwoRuns();
    await host.dispose();
    expect(disposed()).toEqual([1, 1]);
    expect(container.resolve(TOKENS.log)).toBe(host.log);
  });

  test('of a run disposes what was made in its container', async () => {
    const { runs } = await withTwoRuns();
    const dispose = vi.fn();
    class Meter {
      dispose = () => dispose();
    }
    runs[0].services.registerSingleton('meter', Meter);
    runs[0].services.resolve('meter');
    await runs[0].dispose();
    expect(dispose).toHaveBeenCalledTimes(1);
  });

  test('comes before opening: a disposed container opens no run', async () => {
    const { container, host } = await withTwoRuns();
    await container.dispose();
    await expect(host.openRun(experimentOf(host.plugins.builtIns), '/')).rejects.toThrow('has been disposed');
  });
});
