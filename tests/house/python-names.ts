import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { ROOT } from './run-tool.ts';

/** A name that the API documents of the Python programs describe, and where TypeScript has it. */
export interface PythonName {
  readonly kind: 'constant' | 'function' | 'class' | 'error';
  /** In Python: `build_image`, or `OpenstackManager.upload_image` for a method. */
  readonly python: string;
  /** In TypeScript. Default: the same words in camelCase. */
  readonly name?: string;
  readonly file: string;
  /** The test files that use the name. */
  readonly tests: readonly string[];
  /** The parameters of a function in Python; `arch=images` when TypeScript has another word. */
  readonly parameters?: readonly string[];
  /** The fields of a class, in the same form. */
  readonly fields?: readonly string[];
}

/** The names of one API document. */
export interface PythonModule {
  readonly title: string;
  readonly names: readonly PythonName[];
}

/** Reports whether a constructor in Python is a literal of an interface in TypeScript, which exists only as a type. */
export function isInterfaceLiteral({ python, name = '' }: PythonName): boolean {
  return python === `${name}.__init__`;
}

/** Reads the table of names, from which the reference page is rendered as well. */
export function readPythonModules(): readonly PythonModule[] {
  const text = readFileSync(join(ROOT, 'tools/python-names.json'), 'utf8');
  return JSON.parse(text) as readonly PythonModule[];
}

/** Returns the name in TypeScript of a parameter or a field. */
function memberName(python: string): string {
  return python.split('=')[1] ?? toCamelCase(python);
}

/** Returns the name in TypeScript, as `name` or as `Class.member`. */
export function typescriptName({ python, name, kind }: PythonName): string {
  return name ?? (kind === 'constant' ? python : python.split('.').map(toCamelCase).join('.'));
}

function toCamelCase(snake: string): string {
  return snake.replace(/_([a-z0-9])/g, (_whole, letter: string) => letter.toUpperCase());
}

/** Returns the program that knows the types of all files of the table. */
export function compileSources(files: readonly string[]): ts.Program {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile.bind(ts.sys)) as {
    readonly config: { readonly compilerOptions: object };
  };
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  return ts.createProgram(
    [...new Set(files)].map((file) => join(ROOT, file)),
    options,
  );
}

/** Lists everything of an entry that its source file does not have. */
export function listMissing(entry: PythonName, program: ts.Program): readonly string[] {
  const checker = program.getTypeChecker();
  const [first = '', member] = typescriptName(entry).split('.');
  const source = program.getSourceFile(join(ROOT, entry.file));
  const module = source && checker.getSymbolAtLocation(source);
  const found = module && checker.getExportsOfModule(module).find(({ name }) => name === first);
  if (found === undefined) return [`${entry.file}: no export ${first}`];
  const symbol = found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
  const fields = listProperties(checker.getDeclaredTypeOfSymbol(symbol));
  const { parameters = [] } = entry;
  const known = parameters.length === 0 ? [] : listParameters(symbol, member, checker);
  return [
    ...(member === undefined || member === 'constructor' || fields.includes(member)
      ? []
      : [`${entry.file}: no method ${first}.${member}`]),
    ...missing(entry.fields, fields, `${entry.file}: no field ${first}.`),
    ...missing(parameters, [...known, ...fields], `${entry.file}: no parameter ${typescriptName(entry)}.`),
  ];
}

function missing(wanted: readonly string[] = [], known: readonly string[], before: string): string[] {
  return wanted.map(memberName).flatMap((name) => (known.includes(name) ? [] : [`${before}${name}`]));
}

/** Returns the names of the parameters, and those of the properties of parameters that are objects. */
function listParameters(symbol: ts.Symbol, member: string | undefined, checker: ts.TypeChecker): string[] {
  return listSignatures(symbol, member, checker)
    .flatMap(({ parameters }) => parameters)
    .flatMap((parameter) => [parameter.name, ...listProperties(checker.getTypeOfSymbol(parameter))]);
}

function listSignatures(
  symbol: ts.Symbol,
  member: string | undefined,
  checker: ts.TypeChecker,
): readonly ts.Signature[] {
  const type = checker.getTypeOfSymbol(symbol);
  if (member === 'constructor') return type.getConstructSignatures();
  if (member === undefined) return type.getCallSignatures();
  const method = checker.getDeclaredTypeOfSymbol(symbol).getProperty(member);
  return method === undefined ? [] : checker.getTypeOfSymbol(method).getCallSignatures();
}

function listProperties(type: ts.Type): readonly string[] {
  return type.getProperties().map(({ name }) => name);
}

/** Lists everything of an entry that none of its test files uses. */
export function listUnused(entry: PythonName, readTest: (path: string) => string): readonly string[] {
  const [first = '', member] = typescriptName(entry).split('.');
  const uses = entry.tests.map((path) => findUses(readTest(path), path, { file: entry.file, name: first }));
  const isLiteral = isInterfaceLiteral(entry);
  const isUsed = (word: string): boolean => uses.some(({ members }) => members.has(word));
  const isNameUsed = uses.some(({ isCalled, isReferred }) =>
    entry.kind === 'function' && member === undefined && !isLiteral ? isCalled : isReferred,
  );
  const unused = [...(entry.fields ?? []), ...(isLiteral ? (entry.parameters ?? []) : [])]
    .map(memberName)
    .filter((field) => !isUsed(field));
  if (member !== undefined && member !== 'constructor' && !isUsed(member)) unused.push(member);
  const where = entry.tests.join(', ');
  return [
    ...(isNameUsed ? [] : [`${where}: ${first} of ${entry.file} is not imported and used`]),
    ...unused.map((word) => `${where}: ${first}.${word} is not used`),
  ];
}

/** The uses of one import in a test file. */
interface Uses {
  readonly isCalled: boolean;
  readonly isReferred: boolean;
  /** The names of all properties in the file that are read, set or called. */
  readonly members: ReadonlySet<string>;
}

function findUses(
  text: string,
  path: string,
  { file, name }: { readonly file: string; readonly name: string },
): Uses {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const members = new Set<string>();
  let local: string | undefined;
  let isCalled = false;
  let isReferred = false;
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const target = resolve(ROOT, dirname(path), (node.moduleSpecifier as ts.StringLiteral).text);
      if (target === join(ROOT, file)) local = findLocalName(node, name) ?? local;
      return;
    }
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === local) {
      isCalled = true;
    }
    if (ts.isIdentifier(node)) {
      if (isMemberName(node)) members.add(node.text);
      else if (node.text === local) isReferred = true;
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { isCalled, isReferred, members };
}

function findLocalName({ importClause }: ts.ImportDeclaration, name: string): string | undefined {
  const bindings = importClause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return undefined;
  return bindings.elements.find((one) => (one.propertyName ?? one.name).text === name)?.name.text;
}

function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) return true;
  if (ts.isBindingElement(parent)) return ts.isObjectBindingPattern(parent.parent);
  return (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) && parent.name === node;
}
