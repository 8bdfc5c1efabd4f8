// Loaded before the command line: tells at its end which modules of OpenTelemetry it has loaded, and can hide one.
const Module = require('node:module');
const { HIDE_MODULE, LOADED_MODULES } = process.env;
const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, ...more) {
  if (request !== HIDE_MODULE) return resolve.call(this, request, ...more);
  throw Object.assign(new Error(`Cannot find module '${request}'`), { code: 'MODULE_NOT_FOUND' });
};

if (LOADED_MODULES) {
  process.on('exit', () => {
    const loaded = Object.keys(require.cache).filter((path) => path.includes('@opentelemetry'));
    require('node:fs').writeFileSync(LOADED_MODULES, JSON.stringify(loaded));
  });
}
