// What a reader would not see at a glance. The sizes of functions are checked by tests/tidy.
const browser = [
  'AbortSignal', 'URL', 'URLSearchParams', 'cancelAnimationFrame', 'clearTimeout', 'document',
  'fetch', 'getComputedStyle', 'location', 'matchMedia', 'requestAnimationFrame', 'setTimeout',
  'window',
];

export default [
  {
    files: ['**/*.js'],
    languageOptions: {
      ecmaVersion: 2024,
      sourceType: 'module',
      globals: {
        ...Object.fromEntries(browser.map((name) => [name, 'readonly'])),
        Dygraph: 'writable',
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-shadow': 'error',
      'no-undef': 'error',
      'no-unused-vars': 'error',
      'prefer-const': 'error',
    },
  },
];
