import { createRequire } from 'node:module';

/** A node of a syntax tree, as far as it is read here. */
export interface SyntaxNode {
  readonly kind: number;
  readonly pos: number;
  /** @param tree - needed where nodes do not know their parents */
  getStart(tree: SourceTree): number;
}

/** The tree of one module. */
export interface SourceTree extends SyntaxNode {
  readonly parseDiagnostics: readonly { readonly start: number; readonly messageText: string | object }[];
  getLineAndCharacterOfPosition(position: number): { readonly line: number };
}

/** What is used of TypeScript's API. */
export interface Syntax {
  readonly version: string;
  readonly ScriptKind: { readonly JS: number };
  readonly ScriptTarget: { readonly Latest: number };
  readonly SyntaxKind: { readonly ImportKeyword: number };
  createSourceFile(name: string, text: string, target: number, setParents: boolean, kind: number): SourceTree;
  forEachChild(node: SyntaxNode, visit: (child: SyntaxNode) => void): void;
  isImportDeclaration(node: SyntaxNode): node is ImportDeclaration;
  isExportDeclaration(node: SyntaxNode): node is ExportDeclaration;
  isCallExpression(node: SyntaxNode): node is CallExpression;
  isNewExpression(node: SyntaxNode): node is CallExpression;
  isPropertyAccessExpression(node: SyntaxNode): node is PropertyAccess;
  isIdentifier(node: SyntaxNode): node is Identifier;
  isAwaitExpression(node: SyntaxNode): node is Wrapped;
  isParenthesizedExpression(node: SyntaxNode): node is Wrapped;
  isVariableDeclaration(node: SyntaxNode): node is VariableDeclaration;
  isObjectBindingPattern(node: SyntaxNode): node is BindingPattern;
  isNamespaceImport(node: SyntaxNode): node is NamespaceImport;
  isStringLiteralLike(node: SyntaxNode): node is StringLiteral;
  isNamedImports(node: SyntaxNode): node is NamedImports;
}

export interface Identifier extends SyntaxNode {
  readonly text: string;
}
export interface StringLiteral extends SyntaxNode {
  readonly text: string;
}
export interface NamedImports extends SyntaxNode {
  readonly elements: readonly { readonly name: Identifier; readonly propertyName?: Identifier }[];
}
export interface ImportDeclaration extends SyntaxNode {
  readonly moduleSpecifier: SyntaxNode;
  readonly importClause?: { readonly name?: Identifier; readonly namedBindings?: SyntaxNode };
}
export interface ExportDeclaration extends SyntaxNode {
  readonly moduleSpecifier?: SyntaxNode;
}
export interface NamespaceImport extends SyntaxNode {
  readonly name: Identifier;
}
export interface Wrapped extends SyntaxNode {
  readonly expression: SyntaxNode;
}
export interface VariableDeclaration extends SyntaxNode {
  readonly name: SyntaxNode;
  readonly initializer?: SyntaxNode;
}
export interface BindingPattern extends SyntaxNode {
  readonly elements: readonly (SyntaxNode & { readonly name: SyntaxNode; readonly propertyName?: SyntaxNode })[];
}
export interface CallExpression extends SyntaxNode {
  readonly expression: SyntaxNode;
  readonly arguments?: readonly SyntaxNode[];
}
export interface PropertyAccess extends SyntaxNode {
  readonly expression: SyntaxNode;
  readonly name: Identifier;
}

/**
 * TypeScript's parser: the release that `@arethetypeswrong/core` brings, found from there, so that types and code are read
 * by one and the same. Loaded when it is needed: it takes half a second.
 */
export function loadSyntax(): Syntax {
  const ofTheTypes = createRequire(createRequire(import.meta.url).resolve('@arethetypeswrong/core'));
  return ofTheTypes('typescript') as Syntax;
}
