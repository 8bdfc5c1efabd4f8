import { rm } from 'node:fs/promises';

export default async function globalTeardown(): Promise<void> {
  const { server, directory } = globalThis.testSupport;
  await server.stop();
  await rm(directory, { recursive: true, force: true });
}
