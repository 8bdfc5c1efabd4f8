import type { ModelCall, ModelReply } from '../../contract/model-call';
import { serverAttributes } from '../../tracing/conventions';
import type { Span, Tracing } from '../../tracing/tracing';

/** The span of one turn of a model. */
export interface TracedModel extends Pick<Span, 'run'> {
  used(usage: ModelReply['usage']): void;
  /** @param outcome `OK`, or why there is no answer */
  end(outcome: string): void;
}

export function tracedModel(tracing: Tracing, { baseUrl, model }: ModelCall['endpoint']): TracedModel {
  const span = tracing.start({
    name: `chat ${model}`,
    kind: 'client',
    attributes: {
      'gen_ai.operation.name': 'chat',
      // Whose API it is, whoever serves it.
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': model,
      ...serverAttributes(baseUrl),
    },
  });
  return {
    run: (work) => span.run(work),
    used: ({ promptTokens, completionTokens }) =>
      span.set({
        'gen_ai.usage.input_tokens': promptTokens,
        'gen_ai.usage.output_tokens': completionTokens,
      }),
    end: (outcome) => span.end(outcome === 'OK' ? undefined : { type: outcome }),
  };
}
