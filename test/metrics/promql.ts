import { parser } from '@prometheus-io/lezer-promql';

/** A metric that an expression reads, and the labels that it chooses or groups by. */
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
    enter: ({ node, name, from, type }) => {
      if (type.isError) throw new Error(`no PromQL at ${from}: ${text}`);
      const metric = name === 'VectorSelector' ? node.getChild('Identifier') : null;
      if (metric === null) return;
      const labels: string[] = [];
      node.cursor().iterate((inner) => {
        if (inner.name === 'LabelName') labels.push(textOf(inner));
      });
      for (let outer = node.parent; outer !== null; outer = outer.parent) {
        const groups = outer.getChild('AggregateModifier')?.getChild('GroupingLabels');
        labels.push(...(groups?.getChildren('LabelName').map(textOf) ?? []));
      }
      selectors.push({ metric: textOf(metric), labels });
    },
  });
  return selectors;
}
