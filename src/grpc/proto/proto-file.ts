import { create, toBinary } from '@bufbuild/protobuf';
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt';

/** A proto file in short: what is on the wire, without comments and options. */
export interface ProtoFile {
  name: string;
  package: string;
  service: string;
  /** Request and answer of each method, as in `['GetTaskRequest', 'Task']` and `['Request', 'stream Event']`. */
  methods: Record<string, readonly [request: string, answer: string]>;
  /**
   * Fields of each message: number, `repeated` or `optional`, type, and the `oneof` that it belongs to, as in
   * `'4 repeated Part'`, `'1 string of content'` or `'8 map SecurityScheme'`, a map by strings. A type that begins
   * with a dot is in google.protobuf.
   */
  messages: Record<string, Record<string, string>>;
  enums: Record<string, Record<string, number>>;
}

const SCALARS: Readonly<Record<string, FieldDescriptorProto_Type>> = {
  string: FieldDescriptorProto_Type.STRING,
  bytes: FieldDescriptorProto_Type.BYTES,
  bool: FieldDescriptorProto_Type.BOOL,
  int32: FieldDescriptorProto_Type.INT32,
};

const FIELD = /^(?<number>\d+) (?:(?<label>repeated|optional|map) )?(?<type>[\w.]+)(?: of (?<oneof>\w+))?$/;

/** The file as a serialized `google.protobuf.FileDescriptorProto`. */
export function describeProtoFile(file: ProtoFile): Uint8Array {
  const typeName = (type: string) =>
    type.startsWith('.') ? `.google.protobuf${type}` : `.${file.package}.${type}`;

  const field = (name: string, type: string, number: number) => {
    const scalar = SCALARS[type];
    const kind = type in file.enums ? FieldDescriptorProto_Type.ENUM : FieldDescriptorProto_Type.MESSAGE;
    return create(FieldDescriptorProtoSchema, {
      name,
      number,
      jsonName: name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      label: FieldDescriptorProto_Label.OPTIONAL,
      type: scalar ?? kind,
      ...(scalar === undefined && { typeName: typeName(type) }),
    });
  };

  const message = (name: string, fields: Record<string, string>): DescriptorProto => {
    const descriptor = create(DescriptorProtoSchema, { name });
    const optional: FieldDescriptorProto[] = [];
    for (const [fieldName, text] of Object.entries(fields)) {
      const { number, label, type = '', oneof } = FIELD.exec(text)?.groups ?? {};
      const described = field(fieldName, type, Number(number));
      descriptor.field.push(described);
      if (label === 'repeated') described.label = FieldDescriptorProto_Label.REPEATED;
      if (label === 'optional') optional.push(described);
      if (label === 'map') makeMap(described, descriptor, field('value', type, 2));
      if (oneof !== undefined) described.oneofIndex = oneofIndex(descriptor, oneof);
    }
    // Each optional field is a oneof of its own; those come after the others.
    for (const described of optional) {
      described.proto3Optional = true;
      described.oneofIndex = oneofIndex(descriptor, `_${described.name}`);
    }
    return descriptor;
  };

  const makeMap = (mapField: FieldDescriptorProto, parent: DescriptorProto, value: FieldDescriptorProto) => {
    const camelCase = mapField.jsonName.replace(/^\w/, (letter) => letter.toUpperCase());
    const entry = create(DescriptorProtoSchema, {
      name: `${camelCase}Entry`,
      field: [field('key', 'string', 1), value],
      options: { mapEntry: true },
    });
    parent.nestedType.push(entry);
    mapField.label = FieldDescriptorProto_Label.REPEATED;
    mapField.type = FieldDescriptorProto_Type.MESSAGE;
    mapField.typeName = `${typeName(parent.name)}.${entry.name}`;
  };

  const descriptor = create(FileDescriptorProtoSchema, {
    name: file.name,
    package: file.package,
    syntax: 'proto3',
    dependency: ['empty', 'struct', 'timestamp'].map((name) => `google/protobuf/${name}.proto`),
    messageType: Object.entries(file.messages).map(([name, fields]) => message(name, fields)),
    enumType: Object.entries(file.enums).map(([name, values]) => ({
      name,
      value: Object.entries(values).map(([valueName, number]) => ({ name: valueName, number })),
    })),
    service: [
      {
        name: file.service,
        method: Object.entries(file.methods).map(([name, [request, answer]]) => ({
          name,
          inputType: typeName(request),
          outputType: typeName(answer.replace(/^stream /, '')),
          serverStreaming: answer.startsWith('stream '),
        })),
      },
    ],
  });
  return toBinary(FileDescriptorProtoSchema, descriptor);
}

function oneofIndex(message: DescriptorProto, name: string): number {
  const index = message.oneofDecl.findIndex((oneof) => oneof.name === name);
  if (index >= 0) return index;
  message.oneofDecl.push({ $typeName: 'google.protobuf.OneofDescriptorProto', name });
  return message.oneofDecl.length - 1;
}
