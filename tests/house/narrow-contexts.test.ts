import { join, relative, resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';

const ROOT = resolve(import.meta.dirname, '../..');
const CONTEXT = 'src/image-builder/context.ts';

/** Lists the members of a parameter's type that context.ts declares: clients, settings, the recorder. */
function listMembers(type: ts.Type): readonly string[] {
  const isMember = ({ declarations = [] }: ts.Symbol): boolean =>
    declarations.some(
      (declaration) =>
        declaration.getSourceFile().fileName.endsWith(CONTEXT) &&
        ts.isInterfaceDeclaration(declaration.parent) &&
        declaration.parent.name.text !== 'BuildFacts',
    );
  return type
    .getProperties()
    .filter(isMember)
    .map(({ name }) => name);
}

/** Lists the members that one mention of a parameter uses: one that is read, or all that a callee declares. */
function listUses(mention: ts.Identifier, checker: ts.TypeChecker): readonly string[] {
  const { parent } = mention;
  if (ts.isPropertyAccessExpression(parent)) return [parent.name.text];
  if (ts.isVariableDeclaration(parent) && ts.isObjectBindingPattern(parent.name)) {
    return listBound(parent.name);
  }
  const target = ts.isSpreadAssignment(parent) ? parent.parent : mention;
  const expected = checker.getContextualType(target);
  return expected === undefined ? [] : expected.getProperties().map(({ name }) => name);
}

function listBound(pattern: ts.ObjectBindingPattern): readonly string[] {
  return pattern.elements.map(({ name, propertyName }) => (propertyName ?? name).getText());
}

function listMentions(name: ts.Identifier, within: ts.Node, checker: ts.TypeChecker): ts.Identifier[] {
  const symbol = checker.getSymbolAtLocation(name);
  const found: ts.Identifier[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node !== name && checker.getSymbolAtLocation(node) === symbol) {
      found.push(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(within);
  return found;
}

/** Lists the members of a parameter that its function does not use. */
function listUnused(parameter: ts.ParameterDeclaration, checker: ts.TypeChecker): readonly string[] {
  const members = listMembers(checker.getTypeAtLocation(parameter));
  const { name } = parameter;
  if (members.length === 0 || ts.isArrayBindingPattern(name)) return [];
  const used = ts.isIdentifier(name)
    ? listMentions(name, parameter.parent, checker).flatMap((mention) => listUses(mention, checker))
    : listBound(name);
  return members.filter((member) => !used.includes(member));
}

/** Lists every parameter in the sources that declares more of the context than its function uses. */
function listWide(program: ts.Program): { readonly checked: number; readonly wide: readonly string[] } {
  const checker = program.getTypeChecker();
  const wide: string[] = [];
  let checked = 0;
  const visit = (node: ts.Node): void => {
    if (ts.isParameter(node) && ts.isFunctionLike(node.parent) && 'body' in node.parent) {
      if (listMembers(checker.getTypeAtLocation(node)).length > 0) checked += 1;
      const unused = listUnused(node, checker);
      const { name } = node.parent;
      const where = `${relative(ROOT, node.getSourceFile().fileName)} ${name?.getText() ?? 'a function'}`;
      if (unused.length > 0) wide.push(`${where}: ${unused.join(', ')}`);
    }
    ts.forEachChild(node, visit);
  };
  for (const file of program.getSourceFiles()) if (file.fileName.startsWith(join(ROOT, 'src/'))) visit(file);
  return { checked, wide };
}

/** The parsed files by path and text, for both programs. */
const files = new Map<string, ts.SourceFile>();

function compile(change: (text: string, path: string) => string = (text) => text): ts.Program {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  host.getSourceFile = (path) => {
    const text = host.readFile(path);
    if (text === undefined) return undefined;
    const changed = change(text, path);
    const file =
      files.get(`${path} ${changed}`) ?? ts.createSourceFile(path, changed, ts.ScriptTarget.ESNext, true);
    files.set(`${path} ${changed}`, file);
    return file;
  };
  const entry = join(ROOT, 'src/bin/github-runner-image-builder.ts');
  return ts.createProgram([entry], options, host);
}

describe('A function of the program', () => {
  test('declares only the clients and settings that it uses', () => {
    const { checked, wide } = listWide(compile());
    expect(wide).toEqual([]);
    expect(checked).toBeGreaterThan(40);
  });

  test('is reported when it declares a setting that it does not use', () => {
    const widen = (text: string, path: string): string =>
      path.endsWith('image-builder/build/remove-server.ts')
        ? text.replace(
            'context: Waiting)',
            "context: Waiting & Pick<import('../context.ts').Deadlines, 'signal'>)",
          )
        : text;
    expect(listWide(compile(widen)).wide).toEqual([
      'src/image-builder/build/remove-server.ts removeServer: signal',
    ]);
  });
});
