// Starts a dev server with the database file that is its argument ('' for memory), and the binary that may follow;
// tells where it is, and owns it until it hears "stop" or is killed.
const { addHook } = require('pirates');
const { transformSync } = require('@swc/core');

addHook(
  (code, filename) =>
    transformSync(code, {
      filename,
      swcrc: false,
      module: { type: 'commonjs' },
      jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
    }).code,
  { exts: ['.ts'], ignoreNodeModules: true },
);

async function main() {
  const { startDevServer } = require('../../src/dev-server/dev-server.ts');
  const [dbFile, binary] = process.argv.slice(2);
  const server = await startDevServer({ ...(dbFile !== '' && { dbFile }), ...(binary && { binary }) });
  process.send({ pid: server.pid, address: server.address });
  process.on('message', async () => {
    await server.stop();
    process.exit(0);
  });
}

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
