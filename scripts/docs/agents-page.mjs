// docs/agents-yaml.md: every key of agents.yaml, from agents.schema.json.
import { code, notice, prose, table } from './markdown.mjs';

/** What the patterns of src/config mean. */
const PATTERNS = [
  [/\(ms\|s\|m\|h\|d\)/, 'duration'],
  [/env:.*file:/, '`env:NAME`, `file:PATH` or [another reference](secrets.md)'],
  [/\\\//, 'media type'],
];

const NUMBERS = ['integer', 'number'];

/** @param schema agents.schema.json */
export function agentsPage(schema) {
  const sections = new Map();
  addSection(schema, 'The file', sections, schema);
  const parts = [...sections.values()].map(({ title, text, rows }) => {
    const head = ['key', 'value', 'default', 'what it says'];
    return [`## ${title}`, text, table(head, rows)].filter(Boolean).join('\n\n');
  });
  return `${notice('the schema in `src/config`')}
# agents.yaml

Every key of the files that list the agents (\`AGENTS_FILE\`), which are [read again](operations.md#change-the-agents) when
they change. Unknown keys are faults, and \`npx temporal-a2a agents check\` names each with its line. \`agents.schema.json\` is the same for editors: the first line of the file may be
\`# yaml-language-server: $schema=node_modules/temporal-a2a/agents.schema.json\`. \`defineAgents()\` takes the same in code.

An agent has exactly one of \`workflow\`, \`proxy\`, \`chain\` and \`model\`; [agents.md](agents.md), [chains.md](chains.md) and
[models.md](models.md) show how each is used, [authentication.md](authentication.md) who may call. A duration is a number
with a unit: \`500ms\`, \`30s\`, \`5m\`, \`1h\`, \`1d\`. A secret is never in the file: \`env:NAME\` names the environment variable
that has it, \`file:PATH\` the file.

${parts.join('\n\n')}
`;
}

/** Those below it come after it; what is written in several places has one section. */
function addSection(node, title, sections, root) {
  const section = { title, text: '', rows: [] };
  sections.set(JSON.stringify(node.properties), section);
  for (const [key, field] of Object.entries(node.properties)) {
    section.rows.push([
      code(key),
      acceptedBy(field, [title, key], sections, root),
      node.required?.includes(key) ? 'required' : defaultOf(field),
      prose((field.description ?? '').replace(/\.$/, '')),
    ]);
  }
}

function acceptedBy(given, [parent, key], sections, root) {
  const node = given.$ref === undefined ? given : resolve(given, root);
  if (node.properties !== undefined) return linkTo(node, parent, key, sections, root);
  if (node.enum !== undefined) return node.enum.map(code).join(', ');
  if (node.const !== undefined) return code(node.const);
  if (node.type === 'array') return `list of ${acceptedBy(node.items, [parent, key], sections, root)}`;
  if (node.anyOf?.some(({ type }) => type === 'null')) return 'JSON';
  if (node.anyOf !== undefined) {
    const each = node.anyOf.map((one) => acceptedBy(one, [parent, key], sections, root));
    return [...new Set(each)].join(', or ');
  }
  if (node.type === 'object') return 'object of JSON';
  if (node.type === 'boolean') return '`true` or `false`';
  if (NUMBERS.includes(node.type)) return rangeOf(node);
  return textOf(node);
}

function textOf({ pattern = '', format }) {
  if (format === 'uri') return 'URL';
  return PATTERNS.find(([known]) => known.test(pattern))?.[1] ?? 'text';
}

function rangeOf({ type, minimum, maximum }) {
  const what = type === 'integer' ? 'whole number' : 'number';
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? '' : ` to ${maximum}`;
  return minimum === undefined ? what : `${what} from ${minimum}${most || ' on'}`;
}

function linkTo(node, parent, key, sections, root) {
  const known = JSON.stringify(node.properties);
  if (!sections.has(known)) {
    const taken = [...sections.values()].some(({ title }) => title === key);
    addSection(node, taken ? `${parent} ${key}` : key, sections, root);
  }
  const { title } = sections.get(known);
  return `[${title}](#${title.toLowerCase().replaceAll(' ', '-')})`;
}

function defaultOf({ default: value }) {
  if (value === undefined || JSON.stringify(value) === '[]' || JSON.stringify(value) === '{}') return '';
  return code(typeof value === 'string' ? value : JSON.stringify(value).replaceAll(',', ', '));
}

function resolve({ $ref }, root) {
  return root.$defs[$ref.split('/').at(-1)];
}
