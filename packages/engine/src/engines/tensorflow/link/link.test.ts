import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fakePackages } from '../../../testing/fake-packages.fixture.ts';
import { fakeTensorflow, fakeTfjsNode, fakeTools, standInBinding } from '../../../testing/fake-tensorflow.fixture.ts';
import { linkTensorflow } from './index.ts';

const binding = standInBinding({ hasGpu: true });

/** A compiler that knows its version, and whose output is a file of ours. */
const compilerGiving = (file: string) => `
[ "$1" = --version ] && exit 0
while [ "$1" != -o ]; do shift; done
cp ${file} "$2"`;

const only = (...folders: string[]) => ({ PATH: [...folders, '/usr/bin', '/bin'].join(path.delimiter) });
const stopped = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

test.skipIf(binding === undefined)(
  'a binding is built from the package’s sources against a TensorFlow, and loads',
  async () => {
    const [tensorflow, { folder }] = [fakeTensorflow('wheel'), fakeTfjsNode()];
    const tools = fakeTools({ 'g++': compilerGiving(binding!) });
    const said: string[] = [];
    const linked = await linkTensorflow({
      tensorflow,
      package: folder,
      environment: only(tools),
      say: (line) => said.push(line),
    });
    const built = path.join(folder, 'lib/napi-v8/tfjs_binding.node');
    expect(linked).toMatchObject({
      package: folder,
      binding: built,
      tensorflow: { version: '2.21.3', libraryFolder: tensorflow },
      device: 'gpu',
    });
    expect(readdirSync(path.dirname(built))).toEqual(['tfjs_binding.node']);
    const args = readFileSync(path.join(tools, 'g++.args'), 'utf8').trim().split('\n');
    expect(args).toEqual([
      ...['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8'],
      expect.stringMatching(/^-I.*node-api-headers\/include$/),
      `-I${tensorflow}/include`,
      `${folder}/binding/tfjs_backend.cc`,
      `${folder}/binding/tfjs_binding.cc`,
      `${tensorflow}/libtensorflow_cc.so.2`,
      `${tensorflow}/libtensorflow_framework.so.2`,
      `-Wl,-rpath,${tensorflow}`,
      '-o',
      expect.stringMatching(/tfjs_binding\.node\.\d+\.part$/),
    ]);
    expect(linked.command).toEqual(['g++', ...args.with(-1, built)]);
    expect(said.join('\n')).toMatch(/tfjs-node-gpu 4\.22\.0 with TensorFlow 2\.21\.3[\s\S]*building .* with g\+\+/);
  },
);

test.skipIf(binding === undefined)(
  'TensorFlow is found by asking python3, the compiler in CXX, and C libraries have a layout of their own',
  async () => {
    const [tensorflow, { folder }] = [fakeTensorflow('library'), fakeTfjsNode('@tensorflow/tfjs-node')];
    const python3 = `echo banner; echo ${tensorflow}/lib; echo ${tensorflow}/include`;
    const tools = fakeTools({ python3, 'my-cc': compilerGiving(binding!) });
    const environment = { ...only(tools), CXX: 'my-cc' };
    const linked = await linkTensorflow({ package: folder, environment });
    expect(linked.tensorflow.libraryFolder).toBe(path.join(tensorflow, 'lib'));
    expect(linked.command).toContain(path.join(tensorflow, 'lib/libtensorflow.so.2'));
    expect(linked.command[0]).toBe('my-cc');
    const named = await linkTensorflow({ package: folder, tensorflow, environment });
    expect(named.tensorflow.libraryFolder).toBe(path.join(tensorflow, 'lib'));
  },
);

test('without a TensorFlow the next step is named, whatever stands in the way', async () => {
  const { folder } = fakeTfjsNode();
  const link = (environment: NodeJS.ProcessEnv, tensorflow?: string) =>
    linkTensorflow({ package: folder, tensorflow, environment });
  const next = 'Install TensorFlow for python3 \\(pip install tensorflow\\), or name its folder with --tensorflow';
  await expect(link({ PATH: fakeTools({}) })).rejects.toEqual(
    stopped('ENGINE_BUILD_FAILED', new RegExp(`python3 .* cannot be started\\. ${next}`)),
  );
  const python3 = 'echo "ModuleNotFoundError: No module named \'tensorflow\'" >&2; exit 1';
  await expect(link(only(fakeTools({ python3 })))).rejects.toEqual(
    stopped('ENGINE_BUILD_FAILED', new RegExp(`and said: ModuleNotFoundError.*\\. ${next}`)),
  );
  await expect(link(only(), '/nowhere')).rejects.toEqual(
    stopped('ENGINE_BUILD_FAILED', /--tensorflow names \/nowhere, which does not exist/),
  );
  const tensorflow = fakeTensorflow('wheel');
  rmSync(path.join(tensorflow, 'libtensorflow_framework.so.2'));
  rmSync(path.join(tensorflow, 'include/tensorflow/c/eager'), { recursive: true });
  await expect(link(only(), tensorflow)).rejects.toEqual(
    stopped('ENGINE_BUILD_FAILED', /missing \S*libtensorflow_framework\.so\.2, \S*c\/eager\/c_api\.h\. Name/),
  );
});

test('without a compiler, or with one that complains, the earlier binding stays', async () => {
  const [tensorflow, { folder }] = [fakeTensorflow('wheel'), fakeTfjsNode()];
  const built = path.join(folder, 'lib/napi-v8/tfjs_binding.node');
  mkdirSync(path.dirname(built), { recursive: true });
  writeFileSync(built, 'earlier');
  const link = (environment: NodeJS.ProcessEnv) => linkTensorflow({ tensorflow, package: folder, environment });
  await expect(link({ PATH: fakeTools({}) })).rejects.toEqual(
    stopped('ENGINE_BUILD_FAILED', /no C\+\+ compiler: g\+\+, c\+\+, clang\+\+ cannot be started\. Install one/),
  );
  await expect(link({ ...only(), CXX: 'no-such-cc' })).rejects.toEqual(
    stopped('ENGINE_BUILD_FAILED', /no C\+\+ compiler: no-such-cc cannot be started/),
  );
  const broken = `
[ "$1" = --version ] && exit 0
while [ "$1" != -o ]; do shift; done; echo half > "$2"
echo 'note: in file' >&2; echo 'a.cc:1: error: no such header' >&2; exit 1`;
  await expect(link(only(fakeTools({ 'g++': broken })))).rejects.toEqual(
    stopped('ENGINE_BUILD_FAILED', /g\+\+ could not build the binding: a\.cc:1: error: no such header/),
  );
  expect(readdirSync(path.dirname(built))).toEqual(['tfjs_binding.node']);
  expect(readFileSync(built, 'utf8')).toBe('earlier');
});

test('a binding that is built but does not load is an error with its reason', async () => {
  const [tensorflow, { folder }] = [fakeTensorflow('wheel'), fakeTfjsNode()];
  const text = path.join(fakePackages({}), 'text');
  writeFileSync(text, 'not a library');
  const environment = only(fakeTools({ 'g++': compilerGiving(text) }));
  await expect(linkTensorflow({ tensorflow, package: folder, environment })).rejects.toEqual(
    stopped('ENGINE_BUILD_FAILED', /was built .* and it ended with exit code 1 \(.*tfjs_binding\.node/),
  );
});

test('what is not a fitting tfjs-node is refused before anything is built', async () => {
  const refused = (folder: string | undefined, code: string, message: RegExp) =>
    expect(linkTensorflow({ package: folder })).rejects.toEqual(stopped(code, message));
  await refused('/nowhere', 'OPTIONS_INVALID', /--package must name .* \/nowhere has no package\.json/);
  const other = path.join(fakePackages({ other: { version: '1.0.0' } }), 'node_modules/other');
  await refused(other, 'OPTIONS_INVALID', /other is other\.$/);
  const old = fakeTfjsNode('@tensorflow/tfjs-node', '4.20.0').folder;
  await refused(old, 'ENGINE_UNAVAILABLE', /needs @tensorflow\/tfjs-node 4\.22\.0, found 4\.20\.0/);
  await refused(
    undefined,
    'ENGINE_UNAVAILABLE',
    /not installed: .* Run npm install --ignore-scripts @tensorflow\/tfjs/,
  );
  const { folder } = fakeTfjsNode();
  rmSync(path.join(folder, 'binding/tfjs_binding.cc'));
  await refused(folder, 'ENGINE_BUILD_FAILED', /comes without \S*binding\/tfjs_binding\.cc/);
  await expect(linkTensorflow({ platform: 'darwin' })).rejects.toEqual(
    stopped('ENGINE_BUILD_FAILED', /knows Linux alone, this is darwin/),
  );
  expect(existsSync(path.join(folder, 'lib'))).toBe(false);
});
