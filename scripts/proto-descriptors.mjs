// Turns the proto files of the gRPC services into the descriptors that server reflection gives, in
// src/grpc/proto/descriptors.ts. The build runs it; `node scripts/proto-descriptors.mjs` prints that file.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const TARGET = 'src/grpc/proto/descriptors.ts';

/** The name of each file for `import`, and where it is. */
function sources() {
  const healthCheck = resolve(require.resolve('grpc-health-check'), '../../..');
  return {
    'lf/a2a/v1/a2a.proto': 'src/grpc/proto/a2a-v1-0.proto',
    'a2a/v1/a2a.proto': 'src/grpc/proto/a2a-v0-3.proto',
    'grpc/health/v1/health.proto': join(healthCheck, 'proto/health/v1/health.proto'),
  };
}

/** Brings the generated file up to date. Needs what is in devDependencies. */
export function writeDescriptors() {
  const text = descriptorsFile();
  if (!existsSync(TARGET) || readFileSync(TARGET, 'utf8') !== text) writeFileSync(TARGET, text);
}

function descriptorsFile() {
  const entries = Object.entries(sources()).map(
    ([name, path]) => `  '${name}':\n    '${Buffer.from(describeFile(name, path)).toString('base64')}',\n`,
  );
  return `// Made from the proto files by scripts/proto-descriptors.mjs, at each build.

/** \`google.protobuf.FileDescriptorProto\` of each proto file, serialized, in base64. */
export const DESCRIPTORS: Record<string, string> = {
${entries.join('')}};
`;
}

/**
 * A file as a serialized `google.protobuf.FileDescriptorProto`. Options of google.api are left out, as are the
 * imports that only they need: a client would have to resolve them, and they mean nothing to gRPC.
 */
function describeFile(name, path) {
  const protobuf = require('protobufjs');
  const { create, toBinary } = require('@bufbuild/protobuf');
  const {
    FieldDescriptorProto_Label: LABEL,
    FieldDescriptorProto_Type: TYPE,
    FileDescriptorProtoSchema,
  } = require('@bufbuild/protobuf/wkt');
  const root = new protobuf.Root();
  const parsed = protobuf.parse(readFileSync(path, 'utf8'), root, { keepCase: true });
  const imports = (parsed.imports ?? []).filter((imported) => !imported.startsWith('google/api/'));
  // The well-known types come with protobufjs.
  for (const imported of imports) root.addJSON(protobuf.common.get(imported).nested);
  root.resolveAll();
  const file = root.lookup(parsed.package);
  const of = (kind) => file.nestedArray.filter((member) => member instanceof kind);
  const descriptor = create(FileDescriptorProtoSchema, {
    name,
    package: parsed.package,
    syntax: 'proto3',
    dependency: imports,
    messageType: of(protobuf.Type).map(describeMessage),
    enumType: of(protobuf.Enum).map(describeEnum),
    service: of(protobuf.Service).map(describeService),
  });
  return toBinary(FileDescriptorProtoSchema, descriptor);

  function describeMessage(type) {
    // Each `optional` field has a oneof of its own; those come after the others.
    const oneofs = type.oneofsArray.toSorted((a, b) => optional(a) - optional(b));
    const nested = type.nestedArray;
    return {
      name: type.name,
      field: type.fieldsArray.map((field) => describeField(field, oneofs)),
      oneofDecl: oneofs.map((oneof) => ({ name: oneof.name })),
      nestedType: [
        ...nested.filter((member) => member instanceof protobuf.Type).map(describeMessage),
        ...type.fieldsArray.filter(({ map }) => map).map(describeMapEntry),
      ],
      enumType: nested.filter((member) => member instanceof protobuf.Enum).map(describeEnum),
    };
  }

  function describeField(field, oneofs) {
    const { name, id: number, options, partOf } = field;
    return {
      name,
      number,
      jsonName: options?.json_name ?? camelCase(name),
      label: LABEL[field.repeated || field.map ? 'REPEATED' : 'OPTIONAL'],
      ...(field.map
        ? { type: TYPE.MESSAGE, typeName: `${field.parent.fullName}.${entryName(field)}` }
        : typeOf(field)),
      ...(partOf && { oneofIndex: oneofs.indexOf(partOf) }),
      ...(partOf?.isProto3Optional && { proto3Optional: true }),
      ...(options?.deprecated && { options: { deprecated: true } }),
    };
  }

  function describeMapEntry(field) {
    const label = LABEL.OPTIONAL;
    const key = { name: 'key', number: 1, jsonName: 'key', label, type: TYPE[field.keyType.toUpperCase()] };
    const value = { name: 'value', number: 2, jsonName: 'value', label, ...typeOf(field) };
    return { name: entryName(field), field: [key, value], options: { mapEntry: true } };
  }

  function typeOf({ type, resolvedType }) {
    if (resolvedType === null) return { type: TYPE[type.toUpperCase()] };
    const kind = resolvedType instanceof protobuf.Enum ? TYPE.ENUM : TYPE.MESSAGE;
    return { type: kind, typeName: resolvedType.fullName };
  }

  function describeEnum({ name: enumName, values }) {
    return { name: enumName, value: Object.entries(values).map(([name, number]) => ({ name, number })) };
  }

  function describeService({ name: serviceName, methodsArray }) {
    const method = methodsArray.map((each) => ({
      name: each.name,
      inputType: each.resolvedRequestType.fullName,
      outputType: each.resolvedResponseType.fullName,
      ...(each.requestStream && { clientStreaming: true }),
      ...(each.responseStream && { serverStreaming: true }),
    }));
    return { name: serviceName, method };
  }
}

const camelCase = (name) => name.replaceAll(/_(\w)/g, (_, letter) => letter.toUpperCase());

/** For sorting: 1 when it is there for an `optional` field alone. */
const optional = (oneof) => (oneof.isProto3Optional ? 1 : 0);

/** As protoc names the message that stands for a map. */
const entryName = ({ name }) => `${camelCase(`_${name}`)}Entry`;

if (process.argv[1] === fileURLToPath(import.meta.url)) process.stdout.write(descriptorsFile());
