import ts from 'typescript';

/** Queries on the syntax tree of a product source. A query that has to find one node fails, with what it looked for, when it does not. */

/** A function with a body: a declaration, a method, an arrow function. */
export type FunctionWithBody = ts.FunctionLikeDeclaration & { readonly body: ts.ConciseBody };

type Guard<T extends ts.Node> = (node: ts.Node) => node is T;

/** Every node below `scope` (`scope` included) that the guard and the condition accept, in the order of the text. */
export function all<T extends ts.Node>(
  scope: ts.Node,
  guard: Guard<T>,
  matches: (node: T) => boolean = () => true,
): T[] {
  const found: T[] = [];
  const visit = (node: ts.Node): void => {
    if (guard(node) && matches(node)) found.push(node);
    ts.forEachChild(node, visit);
  };
  visit(scope);
  return found;
}

/** Like {@link all}. @throws when there is none */
export function some<T extends ts.Node>(
  scope: ts.Node,
  what: string,
  guard: Guard<T>,
  matches?: (node: T) => boolean,
): T[] {
  const found = all(scope, guard, matches);
  if (found.length === 0) throw new Error(`found no ${what}`);
  return found;
}

/** The only node that the guard and the condition accept. @throws when there is none, or more than one */
export function one<T extends ts.Node>(
  scope: ts.Node,
  what: string,
  guard: Guard<T>,
  matches?: (node: T) => boolean,
): T {
  const [found, ...others] = some(scope, what, guard, matches);
  if (found === undefined || others.length > 0)
    throw new Error(`expected one ${what}, found ${others.length + 1}`);
  return found;
}

/** A top-level function, class or constant of a file. */
export function declaration(file: ts.SourceFile, name: string): ts.Node | undefined {
  for (const statement of file.statements) {
    if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      if (statement.name?.text === name) return statement;
    } else if (ts.isVariableStatement(statement)) {
      const found = statement.declarationList.declarations.find(
        (each) => ts.isIdentifier(each.name) && each.name.text === name,
      );
      if (found) return found;
    }
  }
  return undefined;
}

/** The function, method or function-valued property with this name. */
export function functionNamed(scope: ts.Node, name: string): FunctionWithBody {
  return one(
    scope,
    `function ${name}`,
    isFunctionWithBody,
    (each) => nameOf(each) === name || (hasInitializerName(each.parent) && nameOf(each.parent) === name),
  );
}

export const isFunctionWithBody = (node: ts.Node): node is FunctionWithBody =>
  ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;

const hasInitializerName = (node: ts.Node): node is ts.PropertyAssignment | ts.VariableDeclaration =>
  ts.isPropertyAssignment(node) || ts.isVariableDeclaration(node);

const nameOf = (node: { readonly name?: ts.Node | undefined }): string | undefined => node.name?.getText();

/** The calls of a function or method by its name, whatever object the method belongs to. */
export const callsOf = (scope: ts.Node, name: string): ts.CallExpression[] =>
  all(scope, ts.isCallExpression, (call) => calleeName(call) === name);

/** The only call of a function or method. */
export const callOf = (scope: ts.Node, name: string): ts.CallExpression =>
  one(scope, `call of ${name}`, ts.isCallExpression, (call) => calleeName(call) === name);

function calleeName({ expression }: ts.CallExpression): string {
  return ts.isPropertyAccessExpression(expression) ? expression.name.text : expression.getText();
}

/** The object of a method call: `orders` in `orders.map(…)`. */
export function receiver({ expression }: ts.CallExpression): ts.Expression {
  if (!ts.isPropertyAccessExpression(expression)) throw new Error('expected the call of a method');
  return expression.expression;
}

export function argument(call: ts.CallExpression | ts.NewExpression, index: number): ts.Expression {
  const found = call.arguments?.[index];
  if (!found) throw new Error(`expected an argument ${index} of ${call.expression.getText()}`);
  return found;
}

/** The name of a parameter. */
export function parameter({ parameters }: FunctionWithBody, index: number): string {
  const found = parameters[index];
  if (!found) throw new Error(`expected a parameter ${index}`);
  return found.name.getText();
}

export function blockOf({ body }: { readonly body?: ts.Node | undefined }): ts.Block {
  if (!body || !ts.isBlock(body)) throw new Error('expected a function with a block');
  return body;
}

/** A property of an object literal, written in full or as a shorthand. */
export type ValueProperty = ts.PropertyAssignment | ts.ShorthandPropertyAssignment;

export const isValueProperty = (node: ts.Node): node is ValueProperty =>
  ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node);

export const valueOf = (property: ValueProperty): ts.Expression =>
  ts.isPropertyAssignment(property) ? property.initializer : property.name;

export const propertiesNamed = (scope: ts.Node, name: string): ValueProperty[] =>
  all(scope, isValueProperty, (property) => property.name.getText() === name);

export const propertyNamed = (scope: ts.Node, name: string): ValueProperty =>
  one(scope, `property ${name}`, isValueProperty, (property) => property.name.getText() === name);

/** Whether an object literal has this property itself. */
export const hasProperty = (literal: ts.ObjectLiteralExpression, name: string): boolean =>
  literal.properties.some((property) => property.name?.getText() === name);

/** Whether a string literal of this text is in the scope. */
export const hasString = (scope: ts.Node, text: string): boolean =>
  all(scope, ts.isStringLiteral, (literal) => literal.text === text).length > 0;

/** A comparison with an operator, such as `count <= 0`; `right` is the text on its right. */
export const isComparison = (node: ts.Node, operator: string, right: string): boolean =>
  ts.isBinaryExpression(node) && node.operatorToken.getText() === operator && node.right.getText() === right;

/** Whether the scope has such a comparison. */
export const compares = (scope: ts.Node, operator: string, right: string): boolean =>
  all(scope, ts.isBinaryExpression, (each) => isComparison(each, operator, right)).length > 0;

/** The statement of a block that has the node in it, and its place. */
export function statementWith(block: ts.Block, node: ts.Node): { statement: ts.Statement; index: number } {
  const index = block.statements.findIndex((each) => each.pos <= node.pos && node.end <= each.end);
  const statement = block.statements[index];
  if (!statement) throw new Error(`expected a statement with ${node.getText()}`);
  return { statement, index };
}

/** The nearest node around this one that the guard accepts. */
export function around<T extends ts.Node>(node: ts.Node, what: string, guard: Guard<T>): T {
  for (let each = node.parent as ts.Node | undefined; each; each = each.parent) if (guard(each)) return each;
  throw new Error(`expected ${what} around ${node.getText()}`);
}
