import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { run, toolEnvironment } from '../../setup/command.mjs';
import { inRoot } from '../../setup/paths.mjs';

/** An empty project outside of the checkout, with a package manager that fills it. */
export class EmptyProject {
  #manager;
  #environment;

  /**
   * @param manager - one of MANAGERS
   * @param folder - made here
   * @param tarballs - a Map from the name of each package to its tarball
   * @param node - the Node that installs and runs everything
   */
  constructor(manager, folder, tarballs, node = process.execPath) {
    this.folder = folder;
    this.#manager = manager;
    this.#environment = toolEnvironment({
      PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
      CXX: inRoot('scripts/pack/install/cached-compiler.mjs'),
      CACHED_COMPILER_FOLDER: inRoot('.foretoken/cache/compiled'),
      // What a test runner tells its children is none of a user's environment.
      NODE_ENV: undefined,
      NODE_OPTIONS: undefined,
      VITEST: undefined,
    });
    mkdirSync(folder, { recursive: true });
    const ranges = new Map([...tarballs].map(([name, file]) => [name, `file:${path.relative(folder, file)}`]));
    for (const [name, content] of Object.entries(manager.files(ranges))) this.write(name, content);
  }

  /** @returns exit code and output, as of {@link run} */
  install() {
    return this.run(...this.#manager.command());
  }

  /** Runs the installed command. */
  foretoken(...args) {
    return this.run(this.path('node_modules/.bin/foretoken'), ...args);
  }

  /** @returns exit code, and both streams as one text */
  run(program, ...args) {
    return run(program, args, { cwd: this.folder, env: this.#environment, output: 'both' });
  }

  path(name) {
    return path.join(this.folder, name);
  }

  write(name, content) {
    writeFileSync(this.path(name), typeof content === 'string' ? content : `${JSON.stringify(content, null, 2)}\n`);
  }

  read(name) {
    return readFileSync(this.path(name), 'utf8');
  }
}
