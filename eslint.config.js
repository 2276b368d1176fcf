import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import { builtinModules } from 'node:module';

/** Folders of `src` that a folder must not import: dependencies point one way (docs/overview.md). */
const forbidden = (target, ...from) =>
  from.map((other) => ({ target: `./src/${target}`, from: `./src/${other}` }));

const nodeBuiltins = builtinModules.flatMap((name) => [name, `node:${name}`]);

export default tseslint.config(
  { ignores: ['dist', 'node_modules', '.data', 'coverage', '.cache'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/extensions': ['.ts', '.js'],
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
      'import-x/no-restricted-paths': [
        'error',
        {
          basePath: import.meta.dirname,
          zones: [
            ...forbidden(
              'contracts',
              'domain',
              'validation',
              'intake',
              'validation',
              'intake',
              'workflows',
              'activities',
              'adapters',
              'orders',
              'workers',
              'api',
              'cli',
              'platform',
              'sandbox',
              'embedded',
            ),
            ...forbidden(
              'domain',
              'workflows',
              'activities',
              'adapters',
              'orders',
              'workers',
              'api',
              'cli',
              'platform',
              'sandbox',
              'embedded',
            ),
            ...forbidden(
              'adapters',
              'workflows',
              'activities',
              'validation',
              'intake',
              'orders',
              'workers',
              'api',
              'cli',
              'sandbox',
              'embedded',
            ),
            ...forbidden(
              'validation',
              'domain',
              'workflows',
              'activities',
              'adapters',
              'intake',
              'orders',
              'workers',
              'api',
              'cli',
              'platform',
              'sandbox',
              'embedded',
            ),
            ...forbidden(
              'activities',
              'workflows',
              'intake',
              'orders',
              'workers',
              'api',
              'cli',
              'sandbox',
              'embedded',
            ),
            ...forbidden(
              'orders',
              'workflows',
              'activities',
              'intake',
              'workers',
              'api',
              'cli',
              'sandbox',
              'embedded',
            ),
            ...forbidden('intake', 'workflows', 'activities', 'workers', 'api', 'cli', 'sandbox', 'embedded'),
            ...forbidden('api', 'workflows', 'activities', 'workers', 'cli', 'sandbox', 'embedded'),
            ...forbidden(
              'sandbox',
              'domain',
              'validation',
              'workflows',
              'activities',
              'adapters',
              'intake',
              'orders',
              'workers',
              'api',
              'cli',
              'embedded',
            ),
            ...forbidden(
              'platform',
              'domain',
              'validation',
              'workflows',
              'activities',
              'adapters',
              'intake',
              'orders',
              'workers',
              'api',
              'cli',
              'sandbox',
              'embedded',
            ),
          ],
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
            {
              group: [
                '**/adapters/**',
                '**/platform/**',
                '**/api/**',
                '**/orders/**',
                '**/workers/**',
                '**/embedded/**',
                '**/sandbox/**',
              ],
              message: 'Workflows import contracts, domain and the Temporal SDK only.',
            },
            {
              group: ['**/activities/**'],
              allowTypeImports: true,
              message: 'Workflows know activities by type only.',
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
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: ['src/cli/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts', 'proof/**/*.ts', 'src/embedded/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: { console: 'readonly', process: 'readonly', require: 'readonly', module: 'readonly' },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
