import { textOf } from '../a2a/parts';
import type { Message } from '../a2a/types';
import type { TaskStart } from './contract';

/**
 * Texts that Temporal's UI shows beside a workflow, an activity or a timer. Temporal keeps them as payloads, encoded
 * as all others are.
 */

/** Longest summary in characters: three bytes each stay below the 400 bytes that Temporal allows. */
const MAX_SUMMARY = 100;

/** Longest text of a message in a summary, and in details. */
const MAX_WORDS = { summary: 60, details: 300 };

/** What may be a token, a key or the address of something secret. */
const LONG_WORD = /[!-~]{25,}/g;

/** A text as one short line, without what the UI would take for a link or an image. */
export function summaryOf(text: string, most = MAX_SUMMARY): string {
  // More is cut off anyway, and the text may have megabytes.
  const line = text
    .slice(0, 4 * most)
    .replace(/\s+/g, ' ')
    .replaceAll('](', '] (')
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .trim();
  const letters = [...line];
  return letters.length > most ? `${letters.slice(0, most - 1).join('')}…` : line;
}

/** The first words of a message, for operators: long ones, which may be secret, are left out. */
export function firstWords(message: Pick<Message, 'parts'>, most = MAX_WORDS.details): string {
  const text = textOf({ parts: message.parts.slice(0, 10) }).slice(0, 10 * most);
  return summaryOf(text.replace(LONG_WORD, '…'), most);
}

/** What the UI shows of the workflow of a task from its start on. */
export function taskSummary(
  { agentId, message, task }: TaskStart,
  owner: string,
  step?: string,
): { staticSummary: string; staticDetails: string } {
  const words = firstWords(message, MAX_WORDS.summary);
  const called = step === undefined ? agentId : `${step}: ${agentId}`;
  const details = [
    `- agent: **${agentId}**`,
    `- owner: ${summaryOf(owner)}`,
    `- context: ${summaryOf(task.contextId)}`,
    ...(step === undefined ? [] : [`- step: ${step}`]),
    `- message: ${firstWords(message) || kindsOf(message)}`,
  ];
  return {
    staticSummary: summaryOf(words === '' ? `${called} (${kindsOf(message)})` : `${called}: ${words}`),
    staticDetails: details.join('\n'),
  };
}

/** The same for the workflow that delivers the push notifications of a task. */
export function pushSummary(
  taskId: string,
  agentId: string,
  owner: string,
): { staticSummary: string; staticDetails: string } {
  return {
    staticSummary: summaryOf(`Push notifications of task ${taskId}`),
    staticDetails: `- agent: **${agentId}**\n- owner: ${summaryOf(owner)}\n- task: ${summaryOf(taskId)}`,
  };
}

/** A URL without what may be secret in it. */
export function bareUrl(url: string): string {
  return url.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}

function kindsOf({ parts }: Message): string {
  const kinds = parts.map((part) =>
    part.data !== undefined ? 'data' : part.text !== undefined ? 'text' : 'file',
  );
  return [...new Set(kinds)].join(', ') || 'nothing';
}
