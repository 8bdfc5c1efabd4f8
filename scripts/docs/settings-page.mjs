// docs/settings.md: every setting and every command, from the tables of src/config and the command line itself.
import { code, notice, prose, table } from './markdown.mjs';

const SERVERS = ['start', 'api', 'worker'];

/** Sections by the commands that take their settings. */
const SECTIONS = [
  ['API nodes and workers', ['start', 'api', 'worker'], 'Give both the same.'],
  ['API nodes', ['start', 'api'], ''],
  ['Workers', ['start', 'worker'], ''],
  ['The process of `start`', ['start'], ''],
];

/**
 * @param settings SETTINGS
 * @param temporal TEMPORAL_SETTINGS
 * @param traces TRACE_SETTINGS
 * @param program the command line
 * @param settingsOf the settings that a command takes
 */
export function settingsPage({ settings, temporal, traces, program, settingsOf }) {
  const all = commandsOf(program);
  const takers = (setting) =>
    all.filter(({ command }) => settingsOf(command).includes(setting)).map(({ name }) => name);
  const own = Object.values(settings).map((setting) => ({ ...setting, takers: takers(setting) }));
  const sections = SECTIONS.map(([title, commands, text]) => {
    const those = own.filter(({ takers }) =>
      same(
        takers.filter((name) => SERVERS.includes(name)),
        commands,
      ),
    );
    for (const each of those) own.splice(own.indexOf(each), 1);
    return those.length === 0 ? '' : section(title, commands, text, those);
  });
  if (own.length > 0) sections.push(`## Others\n\n${settingsTable(own, [])}`);
  return `${notice('the tables of `src/config` and `src/cli`')}
# Settings

Each setting is an environment variable, and most are a flag, too. The flag goes before the variable, the variable before
the default; an empty variable counts as unset. A value that is not accepted ends the process with exit code 1 and a line
for each, such as \`PORT: expected a port from 0 to 65535, got "99999"\`. What is secret, or names a secret, is no flag, so
that it stands in no list of processes.

A duration is a whole number with a unit: \`30s\`, \`15m\`, \`24h\`, \`7d\`. A switch is on with \`true\`, \`yes\` or \`1\`; as a flag
it takes no value. What agents are and do is in \`agents.yaml\` ([agents-yaml.md](agents-yaml.md)).

${sections.filter(Boolean).join('\n\n')}

## The connection to Temporal

Taken by every command that connects to Temporal, and read as Temporal's own tools read them.

${settingsTable(temporal)}

## Traces

Taken by ${list(takers(traces[0]))}. See [operations.md](operations.md#traces).

${settingsTable(traces)}

## Commands

${table(
  ['command', 'what it does', 'options that are no settings'],
  all.map(({ name, command }) => [
    code([name, ...command.registeredArguments.map(argumentOf)].join(' ')),
    prose(command.description()),
    optionsOf(command, settings),
  ]),
)}

\`agents check\` takes \`AGENTS_FILE\` when it is given no file. \`--help\` of a command lists what it takes.
`;
}

function section(title, commands, text, settings) {
  const rest = settings.some(({ takers }) => takers.length > commands.length);
  return [
    `## ${title}`,
    `Taken by ${list(commands)}${rest ? ', and by the commands in the last column' : ''}. ${text}`.trimEnd(),
    settingsTable(settings),
  ].join('\n\n');
}

function settingsTable(settings, known = SERVERS) {
  const head = ['variable', 'flag', 'default', 'accepts', 'what it does', 'also taken by'];
  return table(
    head,
    settings.map((setting) => [
      code(setting.env),
      setting.flag === undefined ? '' : code([setting.flag, angled(setting.argument)].join(' ').trim()),
      code(setting.default),
      setting.schema === undefined ? '' : prose(accepts(setting)),
      prose(setting.description),
      (setting.takers ?? [])
        .filter((name) => !known.includes(name))
        .map(code)
        .join(', '),
    ]),
  );
}

/** What its error says that was expected: no setting that restricts its text accepts a control character. */
function accepts({ schema, argument }) {
  const { error } = schema.safeParse('\0');
  return error?.issues[0].message ?? argument ?? 'text';
}

/** The commands that do something, with their whole names. */
function commandsOf(program, path = []) {
  return program.commands.flatMap((command) => {
    const name = [...path, command.name()];
    return command.commands.length > 0 ? commandsOf(command, name) : [{ name: name.join(' '), command }];
  });
}

function optionsOf(command, settings) {
  const known = new Set(Object.values(settings).map(({ flag }) => flag));
  return command.options
    .filter(({ long }) => !known.has(long))
    .map(
      ({ flags, description, defaultValue }) =>
        `${code(flags)}: ${prose(description)}${defaultValue === undefined ? '' : `, default ${code(defaultValue)}`}`,
    )
    .join('<br>');
}

function argumentOf(argument) {
  return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function angled(argument) {
  return argument === undefined ? '' : `<${argument}>`;
}

function list(names) {
  const quoted = names.map(code);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

function same(a, b) {
  return a.length === b.length && a.every((each, at) => each === b[at]);
}
