// The A2A server of Gemini CLI, with a home and a workspace that are thrown away.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { PARTNER_PORT, MODEL_URL } = process.env;
const home = mkdtempSync(join(tmpdir(), 'a2a-partner-gemini-'));
Object.assign(process.env, {
  HOME: home,
  GEMINI_API_KEY: 'none',
  GOOGLE_GEMINI_BASE_URL: MODEL_URL,
  CODER_AGENT_WORKSPACE_PATH: home,
  CODER_AGENT_PORT: PARTNER_PORT,
});
// The bundle alone has all that it imports; it serves when it is the program that was started.
const bundle = fileURLToPath(import.meta.resolve('@google/gemini-cli-a2a-server/dist/a2a-server.mjs'));
process.argv[1] = bundle;
await import(bundle);
