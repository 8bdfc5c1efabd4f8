import type { SpanAttributes } from './tracing';

/*
 * Names of OpenTelemetry's conventions for generative AI (open-telemetry/semantic-conventions-genai 0.1.0), and of
 * those proposed for A2A (pull request 195 there).
 */

export interface SpannedAgent {
  id: string;
  /** The ID unless it is known. */
  name?: string | undefined;
  contextId?: string | undefined;
}

/** Whom a request goes to. @param url absolute, of HTTP or gRPC */
export function serverAttributes(url: string): SpanAttributes {
  const { hostname, port, protocol } = new URL(url);
  return {
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'http:' ? 80 : 443)),
  };
}

/** Of few values, and the same in every process. */
export function agentSpanName(agentId: string): string {
  return `invoke_agent ${agentId}`;
}

/** Of a span that is the work of an agent. */
export function agentAttributes({ id, name = id, contextId }: SpannedAgent): SpanAttributes {
  return {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.id': id,
    'gen_ai.agent.name': name,
    'gen_ai.conversation.id': contextId,
  };
}
