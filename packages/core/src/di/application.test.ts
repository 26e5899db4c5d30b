import 'reflect-metadata';
import { Container, inject, injectable } from 'inversify';
import { expect, test, vi } from 'vitest';
import { definePlugin } from '../plugins/define.ts';
import {
  APPLICATION,
  experimentOf,
  fakeDefinitions,
  HOST_OPTIONS,
  InjectedWeighting,
  NOTES,
  SecondWeighting,
} from './application.fixture.ts';
import { createHost, type Host } from './host.ts';
import { FORETOKEN_HOST, FORETOKEN_PLUGIN, FORETOKEN_RUN, TOKENS } from './tokens.ts';

// What @inject and @injectable do, called as the functions that they are.
for (const weighting of [InjectedWeighting, SecondWeighting]) {
  injectable()(weighting);
  inject(TOKENS.log)(weighting, undefined, 0);
  inject(NOTES)(weighting, undefined, 1);
}

const hostOf = (container: Container, log?: (line: string) => void): Promise<Host> =>
  createHost({ ...HOST_OPTIONS, log, application: { ...APPLICATION, container } });

/** A container with the plugins that experiments need. */
function forRuns(): Container {
  const container = new Container();
  container.bind(FORETOKEN_PLUGIN).toConstantValue(definePlugin({ provides: fakeDefinitions() }));
  return container;
}

test('a class bound in the application’s container is a plugin with services of both injected', async () => {
  const [container, notes, log] = [forRuns(), [] as string[], vi.fn()];
  container.bind(NOTES).toConstantValue(notes);
  container.bind(FORETOKEN_PLUGIN).to(InjectedWeighting);
  const host = await hostOf(container, log);
  expect(host.plugins.builtIns.source('weighting', 'injected')).toEqual({ ...APPLICATION, api: 1 });
  const run = await host.openRun(experimentOf(host.plugins.builtIns, 'training: { weighting: injected }'), '/');
  expect(run.get('weighting').start([])).toBeNull();
  expect(log).toHaveBeenCalledExactlyOnceWith('made for horizon 4');
  expect(notes).toEqual(['made']);
  await host.dispose();
});

test('the host and each run are under their tokens, and the application’s services below them', async () => {
  const container = forRuns();
  container.bind(NOTES).toConstantValue([]);
  const host = await hostOf(container);
  const run = await host.openRun(experimentOf(host.plugins.builtIns), '/');
  expect(host.container.get(FORETOKEN_HOST)).toBe(host);
  expect(run.container.get(FORETOKEN_RUN)).toBe(run);
  expect(run.container.get(NOTES)).toBe(container.get(NOTES));
  expect(container.isBound(TOKENS.log)).toBe(false);
  await host.dispose();
});

test('an application without plugins brings none', async () => {
  expect((await hostOf(new Container())).plugins.builtIns.list()).toEqual([]);
});

test('two classes of one plugin name are refused', async () => {
  const container = new Container();
  container.bind(NOTES).toConstantValue([]);
  container.bind(FORETOKEN_PLUGIN).to(InjectedWeighting);
  container.bind(FORETOKEN_PLUGIN).to(SecondWeighting);
  await expect(hostOf(container)).rejects.toThrow(
    'PLUGIN_DUPLICATE: weighting "injected" is provided by both my-app@3.2.1 and my-app@3.2.1. Remove one of the two: a',
  );
});

test('a service that neither container has is an error that names it and the next step', async () => {
  const container = new Container();
  container.bind(FORETOKEN_PLUGIN).to(InjectedWeighting);
  await expect(hostOf(container)).rejects.toThrow(
    /^SERVICE_MISSING: the plugins of my-app@3\.2\.1 could not be made: .*"Symbol\(my-app\.notes\)".* Register it in the application’s container/,
  );
});

test('a factory that throws is an error with what it threw', async () => {
  const container = new Container();
  container.bind(FORETOKEN_PLUGIN).toDynamicValue(() => {
    throw new Error('out of paper');
  });
  await expect(hostOf(container)).rejects.toThrow(/^PLUGIN_FAILED: the plugins of my-app@3.2.1 .*out of paper/);
});

test('a container that is no inversify container of ours is refused', async () => {
  await expect(hostOf({ get() {} } as unknown as Container)).rejects.toThrow(
    /^SERVICE_MISSING: the container of my-app must be one of the inversify that Foretoken uses, .*exposeHost of/,
  );
});
