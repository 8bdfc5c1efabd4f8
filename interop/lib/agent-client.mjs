// A small client for one agent of the bridge: A2A 1.0 over HTTP+JSON.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const CASE_MS = 45_000;

/** It has so much time for one case. */
export class AgentClient {
  constructor(base, timeoutMs = CASE_MS) {
    this.base = base;
    this.signal = AbortSignal.timeout(timeoutMs);
  }

  /** @param content a text, or a list of parts */
  async send(content, { taskId, contextId, configuration } = {}) {
    const { task } = await this.json('/message:send', {
      message: message(content, { taskId, contextId }),
      configuration,
    });
    return task;
  }

  /** All events of a streaming send. */
  async stream(content) {
    const answer = await this.fetch('/message:stream', { message: message(content) });
    return (await answer.text())
      .split('\n')
      .filter((line) => line.startsWith('data:'))
      .map((line) => JSON.parse(line.slice(5)));
  }

  get(taskId) {
    return this.json(`/tasks/${taskId}`);
  }

  cancel(taskId) {
    return this.json(`/tasks/${taskId}:cancel`, {});
  }

  /** The task, once that is so. */
  async until(taskId, isSo) {
    for (;;) {
      const task = await this.get(taskId);
      if (isSo(task.status)) return task;
      assert.ok(!/FAILED|REJECTED/.test(task.status.state), JSON.stringify(task.status));
      await sleep(50);
    }
  }

  async json(path, body) {
    return (await this.fetch(path, body)).json();
  }

  async fetch(path, body) {
    const answer = await fetch(this.base + path, {
      headers: { 'A2A-Version': '1.0', 'Content-Type': 'application/json' },
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      signal: this.signal,
    });
    assert.ok(answer.ok, `${path}: ${answer.status} ${answer.ok ? '' : await answer.text()}`);
    return answer;
  }
}

/** Of the first part of a status message. */
export const textOf = (status) => status.message?.parts[0].text;

function message(content, more) {
  const parts = typeof content === 'string' ? [{ text: content }] : content;
  return { messageId: randomUUID(), role: 'ROLE_USER', parts, ...more };
}
