// docker-compose.yml and the Dockerfile, as what each service runs: command, environment and times, with the addresses
// and paths of containers in the place of those of this machine.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Of the Compose specification, for services that do not say. */
const GRACE_PERIOD = '10s';

/**
 * @param native what stands in the place of each text of the file: [pattern, text]
 * @returns by service: `run`, the command with its arguments; `env`; `graceMs`, between SIGTERM and SIGKILL
 */
export function readCompose(native) {
  const { services } = parse(readFileSync(join(ROOT, 'docker-compose.yml'), 'utf8'), { merge: true });
  const image = imageDefaults(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'));
  const local = (text) =>
    native.reduce(
      (all, [pattern, here]) => all.replaceAll(pattern, here),
      String(text).replaceAll('$$', '$'),
    );
  return Object.fromEntries(
    Object.entries(services).map(([name, service]) => {
      const { entrypoint = [], command = [], environment = {}, stop_grace_period: grace } = service;
      const env = { ...(service.build !== undefined && image.env), ...environment };
      return [
        name,
        {
          run: [...entrypoint, ...command].map(local),
          env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, local(value)])),
          graceMs: millisecondsOf(grace ?? GRACE_PERIOD),
        },
      ];
    }),
  );
}

/** What the last stage of the Dockerfile sets for its processes. */
function imageDefaults(dockerfile) {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
  const lines = [...last.matchAll(/^ENV (.+)$/gm)].flatMap(([, line]) => line.split(' '));
  return { env: Object.fromEntries(lines.map((line) => line.split('='))) };
}

function millisecondsOf(period) {
  const [, number, unit] = /^(\d+)(s|m)$/.exec(period) ?? [];
  if (unit === undefined) throw new Error(`stop_grace_period: ${period} is not understood`);
  return Number(number) * { s: 1_000, m: 60_000 }[unit];
}
