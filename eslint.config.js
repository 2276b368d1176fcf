import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import importX from 'eslint-plugin-import-x';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import { existsSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { MAY_IMPORT } from './eslint.directions.js';

const folders = Object.keys(MAY_IMPORT);

/** What each folder may import: its own files, and those of the folders in its row. */
const directions = folders.map((folder) => ({
  from: { file: { categories: folder } },
  allow: { to: { file: { categories: { anyOf: [folder, ...MAY_IMPORT[folder]] } } } },
}));

/**
 * Programs that import packages of a package.json of their own, which `npm ci` at the root does not install. Nothing that they
 * import from there has a type until it is installed.
 */
const ownPackages = [
  {
    folder: 'bench',
    files: ['bullmq', 'dbos', 'rabbitmq', 'restate'].map((name) => `bench/variants/${name}/**/*.ts`),
  },
];
const isInstalled = (folder) => existsSync(new URL(`${folder}/node_modules`, import.meta.url));
const withoutTypes = ownPackages.filter(({ folder }) => !isInstalled(folder)).flatMap(({ files }) => files);

const nodeBuiltins = builtinModules.flatMap((name) => [name, `node:${name}`]);

export default tseslint.config(
  { ignores: ['dist', 'node_modules', '.data', 'coverage', '.cache', 'vendor', '**/.venv'] },
  // It imports a client that is generated from the description of the API, and has a tsconfig.json of its own.
  { ignores: ['examples/clients'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts', 'board/**/*.tsx'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX, boundaries },
    settings: {
      // By files rather than by folders: a folder within a folder needs a row of its own.
      'boundaries/files': folders.map((folder) => ({ category: folder, pattern: `${folder}/*.{ts,tsx}` })),
      'import/resolver': { node: { extensions: ['.ts', '.tsx', '.js'] } },
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts', '.tsx'] },
      'import-x/extensions': ['.ts', '.tsx', '.js'],
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      'no-console': 'error',
      'import-x/no-cycle': 'error',
      'import-x/no-self-import': 'error',
      'boundaries/no-unknown-files': 'error',
      'boundaries/no-unknown-dependencies': 'error',
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          message:
            '{{from.file.categories}} may not import {{to.file.categories}}: imports point one way, see eslint.directions.js.',
          policies: [...directions, { allow: { to: { module: { origin: ['external', 'core'] } } } }],
        },
      ],
    },
  },
  {
    // A workflow is replayed: what it imports and reads must be the same every time.
    files: ['src/workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: nodeBuiltins.map((name) => ({
            name,
            message: 'Workflows must be deterministic: no Node built-ins.',
          })),
          patterns: [
            {
              group: ['@temporalio/*', '!@temporalio/workflow', '!@temporalio/common'],
              message: 'Workflows import @temporalio/workflow only.',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'fetch',
        'performance',
        'crypto',
        'Buffer',
        'console',
      ],
      'no-restricted-properties': [
        'error',
        {
          object: 'Date',
          property: 'now',
          message: 'A clock is not deterministic by intent: pass times in, or use a timer.',
        },
        {
          object: 'Math',
          property: 'random',
          message: 'Use uuid4 of the SDK, or derive it from the order id.',
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'No clocks in workflows.',
        },
        {
          selector:
            ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration[kind!="const"]',
          message:
            'Workflows of one process share their modules: keep what changes in the workflow function.',
        },
        {
          selector:
            ':matches(Program, Program > ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator[id.typeAnnotation.typeAnnotation.typeName.name!=/^Readonly/] > NewExpression[callee.name=/^(Map|Set|WeakMap|WeakSet|AsyncLocalStorage)$/]',
          message:
            'Workflows of one process share their modules: keep what changes in the workflow function, or declare the collection as read-only.',
        },
      ],
    },
  },
  ...(withoutTypes.length === 0
    ? []
    : [{ files: withoutTypes, extends: [tseslint.configs.disableTypeChecked] }]),
  {
    // A browser runs it: no Node built-ins, and of the product only types and the rules of how the shop is.
    files: ['board/**/*.ts', 'board/**/*.tsx'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: nodeBuiltins.map((name) => ({ name, message: 'A browser runs the board.' })),
          patterns: [
            {
              regex: '/src/(?!domain/situation/)',
              message: 'The board imports only types of the product, and src/domain/situation.',
              allowTypeImports: true,
            },
          ],
        },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: ['src/cli/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts', 'proof/**/*.ts', 'dev/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        URL: 'readonly',
        console: 'readonly',
        process: 'readonly',
        require: 'readonly',
        module: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['board/theme.js'],
    languageOptions: {
      globals: { document: 'readonly', localStorage: 'readonly', matchMedia: 'readonly' },
    },
  },
  prettier,
);
