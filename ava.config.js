// AVA: runs the compiled tests, one process a file, two at a time: the machine that CI runs on has two cores.
// The timeout is how long a file may stay silent; a test that legitimately takes longer says so with t.timeout().
export default {
  files: ['dist/test/**/*.test.js'],
  workerThreads: false,
  concurrency: 2,
  timeout: '1m',
};
