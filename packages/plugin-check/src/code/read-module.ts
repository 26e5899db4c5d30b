import { Bindings, moduleName } from './bindings.ts';
import { type Capability, capabilityOf } from './capabilities.ts';
import type {
  CallExpression,
  ImportDeclaration,
  SourceTree,
  Syntax,
  SyntaxNode,
  VariableDeclaration,
} from './syntax.ts';

/** A module that another one asks for. */
export interface ImportedName {
  /** Undefined where it is computed as the code runs. */
  readonly specifier: string | undefined;
  readonly line: number;
  /** Names that are taken from it, where they are listed; `*` for all of it. */
  readonly names: readonly string[];
  readonly isRequire: boolean;
}

/** A use of what the process and the machine offer. */
export interface Reach {
  readonly capability: Capability;
  /** As it is written: `Math.random`. */
  readonly what: string;
  readonly line: number;
}

/** What is written in one module. */
export interface ModuleFacts {
  readonly imports: readonly ImportedName[];
  readonly reaches: readonly Reach[];
  /** The first thing that is no JavaScript. */
  readonly fault?: { readonly line: number; readonly message: string };
}

/** Reads what a module imports and reaches, from its syntax alone: nothing of it is run. */
export function readModule(syntax: Syntax, path: string, text: string): ModuleFacts {
  const tree = parsed(syntax, path, text);
  if (!tree) return { imports: [], reaches: [], fault: { line: 1, message: 'it is nested too deep' } };
  const [diagnostic] = tree.parseDiagnostics;
  const reader = new ModuleReader(syntax, tree);
  reader.visit(tree);
  const { imports, reaches } = reader;
  if (!diagnostic) return { imports, reaches };
  const message = typeof diagnostic.messageText === 'string' ? diagnostic.messageText : 'it cannot be parsed';
  return { imports, reaches, fault: { line: lineAt(tree, diagnostic.start), message } };
}

/** Undefined for code that is nested deeper than the parser's stack. */
function parsed({ createSourceFile, ScriptTarget, ScriptKind }: Syntax, path: string, text: string) {
  try {
    return createSourceFile(path, text, ScriptTarget.Latest, false, ScriptKind.JS);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const lineAt = (tree: SourceTree, position: number): number => tree.getLineAndCharacterOfPosition(position).line + 1;

class ModuleReader {
  readonly imports: ImportedName[] = [];
  readonly reaches: Reach[] = [];
  readonly #syntax: Syntax;
  readonly #tree: SourceTree;
  readonly #bindings = new Bindings();
  /** Judged when every binding is known. */
  readonly #uses: { readonly node: SyntaxNode; readonly what: string }[] = [];

  constructor(syntax: Syntax, tree: SourceTree) {
    this.#syntax = syntax;
    this.#tree = tree;
  }

  /** Depth first, without recursion: generated code nests deeper than a stack. */
  visit(root: SyntaxNode): void {
    const open = [root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      this.#read(node);
      this.#syntax.forEachChild(node, (child) => void open.push(child));
    }
    for (const { node, what } of this.#uses) this.#judge(node, what);
    this.imports.sort((a, b) => a.line - b.line);
    this.reaches.sort((a, b) => a.line - b.line);
  }

  #read(node: SyntaxNode): void {
    const { isImportDeclaration, isExportDeclaration, isCallExpression, isNewExpression } = this.#syntax;
    if (isImportDeclaration(node)) {
      this.#import(node, node.moduleSpecifier, this.#namesOf(node));
      this.#bindImport(node);
    } else if (this.#syntax.isVariableDeclaration(node)) this.#bind(node);
    else if (isExportDeclaration(node) && node.moduleSpecifier) this.#import(node, node.moduleSpecifier, ['*']);
    else if (isCallExpression(node)) this.#call(node);
    else if (isNewExpression(node)) this.#reach(node, `new ${this.#written(node.expression)}`);
    else if (this.#syntax.isPropertyAccessExpression(node)) this.#reach(node, this.#written(node));
  }

  #call(node: CallExpression): void {
    const [given] = node.arguments ?? [];
    const called = this.#written(node.expression);
    const isImport = node.expression.kind === this.#syntax.SyntaxKind.ImportKeyword;
    if (isImport || called === 'require') this.#import(node, given, ['*'], !isImport);
    else this.#reach(node, called);
  }

  #import(node: SyntaxNode, given: SyntaxNode | undefined, names: readonly string[], isRequire = false): void {
    const specifier = given && this.#syntax.isStringLiteralLike(given) ? given.text : undefined;
    this.imports.push({ specifier, names, isRequire, line: this.#lineOf(node) });
  }

  #bindImport({ moduleSpecifier, importClause }: ImportDeclaration): void {
    const { isStringLiteralLike, isNamedImports, isNamespaceImport } = this.#syntax;
    if (!importClause || !isStringLiteralLike(moduleSpecifier)) return;
    const from = moduleName(moduleSpecifier.text);
    const { name, namedBindings } = importClause;
    if (name) this.#bindings.set(name.text, from);
    if (namedBindings && isNamespaceImport(namedBindings)) this.#bindings.set(namedBindings.name.text, from);
    if (!namedBindings || !isNamedImports(namedBindings)) return;
    for (const one of namedBindings.elements) {
      this.#bindings.set(one.name.text, `${from}.${(one.propertyName ?? one.name).text}`);
    }
  }

  #bind({ name, initializer }: VariableDeclaration): void {
    const { isIdentifier, isObjectBindingPattern } = this.#syntax;
    const from = initializer ? this.#written(initializer) : '';
    if (isIdentifier(name)) this.#bindings.set(name.text, from);
    if (!isObjectBindingPattern(name) || from === '') return;
    for (const one of name.elements) {
      const taken = one.propertyName ?? one.name;
      if (!isIdentifier(taken)) continue;
      const path = `${from}.${taken.text}`;
      if (isIdentifier(one.name)) this.#bindings.set(one.name.text, path);
      this.#reach(one, path);
    }
  }

  #lineOf(node: SyntaxNode): number {
    return lineAt(this.#tree, node.getStart(this.#tree));
  }

  #namesOf({ importClause }: ImportDeclaration): readonly string[] {
    const bindings = importClause?.namedBindings;
    if (bindings && this.#syntax.isNamedImports(bindings)) {
      return bindings.elements.map(({ name, propertyName }) => (propertyName ?? name).text);
    }
    return importClause ? ['*'] : [];
  }

  /** `a.b.c` as it is written, without a `globalThis.` before it, a module by its name; empty for anything computed. */
  #written(node: SyntaxNode): string {
    const { isIdentifier, isPropertyAccessExpression, isAwaitExpression, isParenthesizedExpression } = this.#syntax;
    if (isIdentifier(node)) return node.text;
    if (isAwaitExpression(node) || isParenthesizedExpression(node)) return this.#written(node.expression);
    if (this.#syntax.isCallExpression(node)) return this.#askedFor(node);
    if (!isPropertyAccessExpression(node)) return '';
    const object = this.#written(node.expression);
    if (object === '') return '';
    return object === 'globalThis' ? node.name.text : `${object}.${node.name.text}`;
  }

  /** The module that a call of `require` or `import` gives. */
  #askedFor({ expression, arguments: [given] = [] }: CallExpression): string {
    const { isIdentifier, isStringLiteralLike, SyntaxKind } = this.#syntax;
    const isAsked =
      expression.kind === SyntaxKind.ImportKeyword || (isIdentifier(expression) && expression.text === 'require');
    return isAsked && given && isStringLiteralLike(given) ? moduleName(given.text) : '';
  }

  #reach(node: SyntaxNode, what: string): void {
    this.#uses.push({ node, what });
  }

  #judge(node: SyntaxNode, what: string): void {
    const capability = capabilityOf(this.#bindings.resolve(what));
    if (!capability) return;
    const line = this.#lineOf(node);
    const isKnown = this.reaches.some((other) => other.line === line && other.what === what);
    if (!isKnown) this.reaches.push({ capability, what, line });
  }
}
