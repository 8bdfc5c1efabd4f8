// What the client programs that run in Node.js have in common: one line of JSON for each case that was tried.

/** @param tryOne (operation, run) => what to tell of it */
export async function printResults({ client, runs }, tryOne) {
  for (const { binding, version, operations } of runs) {
    for (const operation of operations) {
      const began = Date.now();
      let ok = true;
      let detail;
      try {
        detail = await tryOne(operation, { binding, version });
      } catch (error) {
        ok = false;
        detail = error.message.replace(/\s+/g, ' ').slice(0, 1_000);
      }
      const result = { client, binding, version, operation, ok, detail, ms: Date.now() - began };
      process.stdout.write(`${JSON.stringify(result)}\n`);
    }
  }
}
