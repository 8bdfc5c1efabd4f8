import { parser } from '@prometheus-io/lezer-promql';

/** A metric that an expression reads, and the labels that it chooses by. */
export interface Selector {
  metric: string;
  labels: string[];
}

/** What a PromQL expression reads. @throws an Error that shows where it is no PromQL */
export function selectorsIn(expression: string): Selector[] {
  // As Grafana puts in.
  const text = expression.replaceAll('$__rate_interval', '5m');
  const selectors: Selector[] = [];
  const textOf = ({ from, to }: { from: number; to: number }) => text.slice(from, to);
  parser.parse(text).iterate({
    enter: (ref) => {
      if (ref.type.isError) throw new Error(`no PromQL at ${ref.from}: ${text}`);
      if (ref.name !== 'VectorSelector') return;
      const { node } = ref;
      const name = node.getChild('Identifier');
      const labels: string[] = [];
      node.cursor().iterate((inner) => {
        if (inner.name === 'LabelName') labels.push(textOf(inner));
      });
      if (name !== null) selectors.push({ metric: textOf(name), labels });
    },
  });
  return selectors;
}
