import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const ROOT_CLASS = 'ProductError';

/**
 * @typedef {{ name: string, parent: string, about: string, isAbstract: boolean, kinds: readonly string[],
 *   takesCause: boolean, messages: readonly string[] }} ErrorClass
 */

/**
 * Reads the classes of expected failures and the texts of their messages from the sources.
 * @param {string} root
 * @returns {readonly ErrorClass[]}
 */
export function readErrorClasses(root) {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .sort()
    .map((path) => parse(join(root, 'src', path)));
  const classes = sources.flatMap((source) => listNodes(source, ts.isClassDeclaration).map(describeClass));
  const byName = new Map(classes.map((each) => [each.name, each]));
  const isError = (each) =>
    each !== undefined && (each.name === ROOT_CLASS || isError(byName.get(each.parent)));
  const errors = classes.filter(isError);
  const messages = collectMessages(sources);
  return errors
    .filter(({ isAbstract }) => !isAbstract)
    .map((each) => ({ ...each, ...kindOf(each, byName), messages: messages.get(each.name) ?? [] }));
}

function parse(path) {
  return ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
}

function listNodes(node, isWanted) {
  const found = [];
  const visit = (each) => {
    if (isWanted(each)) found.push(each);
    ts.forEachChild(each, visit);
  };
  visit(node);
  return found;
}

function describeClass(node) {
  const [comment] = ts.getJSDocCommentsAndTags(node);
  const parent = node.heritageClauses?.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
  return {
    name: node.name?.text ?? '',
    parent: parent?.types[0]?.expression.getText() ?? '',
    about: ts.getTextOfJSDocComment(comment?.comment) ?? '',
    isAbstract: node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AbstractKeyword) ?? false,
    ...readKind(node),
  };
}

/** Returns the kinds that the class itself gives, in its field or in its constructor. */
function readKind(node) {
  const field = node.members.find((each) => ts.isPropertyDeclaration(each) && each.name.getText() === 'kind');
  const isKind = (each) => ts.isBinaryExpression(each) && each.left.getText() === 'this.kind';
  const values = [field?.initializer, ...listNodes(node, isKind).map(({ right }) => right)];
  const given = values.filter((value) => value !== undefined);
  return {
    kinds: given.flatMap((value) => listNodes(value, ts.isStringLiteral).map(({ text }) => text)),
    takesCause: given.some((value) => !ts.isStringLiteral(value)),
  };
}

/** Returns the kinds of the class or of its next ancestor that gives some. */
function kindOf(each, byName) {
  if (each === undefined) return { kinds: [], takesCause: false };
  const { kinds, takesCause } = each;
  return kinds.length > 0 || takesCause ? { kinds, takesCause } : kindOf(byName.get(each.parent), byName);
}

/** Collects the texts with which each class is constructed. What the code inserts is an ellipsis. */
function collectMessages(sources) {
  const messages = new Map();
  for (const node of sources.flatMap((source) => listNodes(source, ts.isNewExpression))) {
    const name = node.expression.getText();
    const texts = (node.arguments ?? []).flatMap(textsOf).filter((text) => /[a-z]{3}/.test(text));
    messages.set(name, [...new Set([...(messages.get(name) ?? []), ...texts])].sort());
  }
  return messages;
}

/** Returns the texts of an argument: those of all its branches, joined where the code joins them. */
function textsOf(node) {
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
  if (ts.isTemplateExpression(node))
    return [[node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…')];
  if (ts.isParenthesizedExpression(node)) return textsOf(node.expression);
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(textsOf);
  if (ts.isConditionalExpression(node)) return [node.whenTrue, node.whenFalse].flatMap(textsOf);
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken) return [];
  const [left, right] = [textsOf(node.left), textsOf(node.right)];
  const [starts, ends] = [left, right].map((texts) => (texts.length === 0 ? ['…'] : texts));
  return starts.flatMap((start) => ends.map((end) => start + end));
}
