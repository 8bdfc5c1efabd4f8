import { pino } from 'pino';
import type { Settings } from '../config/settings';
import { SERVER_VERSION } from '../dev-server/cli/versions';
import { examine } from '../doctor/doctor';
import type { Finding } from '../doctor/finding';
import { installRuntime } from '../temporal/runtime';
import { pushTaskQueue } from '../worker/push-worker';
import { toJson } from './json';

const MARKS = { ok: 'ok     ', warning: 'WARNING', error: 'ERROR  ' };

/** `doctor`: what it has found, and whether something is wrong. */
export async function doctor(
  settings: Settings,
  env: NodeJS.ProcessEnv,
  json: boolean,
): Promise<{ text: string; failed: boolean }> {
  // What goes wrong is a finding.
  installRuntime(pino({ level: 'silent' }));
  const pushQueue = pushTaskQueue(settings.taskQueue);
  const findings = await examine({ settings, env, pushQueue, testedVersion: SERVER_VERSION });
  const failed = findings.some(({ status }) => status === 'error');
  const text = json ? toJson({ ok: !failed, findings }) : asText(findings);
  return { text, failed };
}

/** A line for each finding, and one below it that says what to do. */
export function asText(findings: readonly Finding[]): string {
  const lines = findings.map(({ about, status, text, remedy }) => {
    const line = `${MARKS[status]}  ${about}: ${text}`;
    return remedy === undefined ? line : `${line}\n         -> ${remedy}`;
  });
  const count = (status: Finding['status'], name: string) => {
    const number = findings.filter((finding) => finding.status === status).length;
    return `${number} ${name}${number === 1 ? '' : 's'}`;
  };
  return `${lines.join('\n')}\n\n${count('error', 'error')}, ${count('warning', 'warning')}\n`;
}
