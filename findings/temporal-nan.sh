#!/usr/bin/env bash
# The default data converters of Temporal's SDKs, temporalio 1.35.0 (Python), @temporalio/common 1.24.0 (TypeScript) and
# Java SDK 1.38.0: a result that is not a number. Expected: json/plain that says so in one way, or an error.
# - Python writes the bare word NaN, which is no JSON, TypeScript writes null, and Java the string "NaN"; all three say
#   json/plain, and none complains.
# - Neither TypeScript nor Java can read what Python writes; Python, asked for a float, refuses what the two others
#   write. Java reads null as 0.0 where a double is asked for: a number that nobody wrote.
# Seen with: python writes NaN, typescript: null, java: "NaN" | typescript reads NaN: SyntaxError | java reads NaN:
#   error, null: 0.0 | python reads null: TypeError, "NaN": TypeError
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet temporalio==1.35.0
cd "$work"
npm install --silent --no-audit --no-fund @temporalio/common@1.24.0 >/dev/null
cat > pom.xml <<'XML'
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-sdk</artifactId>
      <version>1.38.0</version>
    </dependency>
  </dependencies>
</project>
XML
plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1
mvn --quiet --batch-mode -Dstyle.color=never "$plugin:copy-dependencies" -DoutputDirectory=lib >/dev/null
cat > Main.java <<'JAVA'
import com.google.protobuf.ByteString;
import io.temporal.api.common.v1.Payload;
import io.temporal.common.converter.DefaultDataConverter;

public class Main {
  public static void main(String[] arguments) {
    var converter = DefaultDataConverter.newDefaultInstance();
    Payload written = converter.toPayload(Double.NaN).get();
    if (!written.getMetadataMap().get("encoding").toStringUtf8().equals("json/plain")) System.exit(1);
    System.out.println(written.getData().toStringUtf8());
    for (String text : new String[] {"NaN", "null"}) {
      try {
        Payload payload = written.toBuilder().setData(ByteString.copyFromUtf8(text)).build();
        System.out.println(converter.fromPayload(payload, double.class, double.class));
      } catch (RuntimeException error) {
        System.out.println("error");
      }
    }
  }
}
JAVA
cat > main.cjs <<'JS'
const { defaultPayloadConverter } = require('@temporalio/common');

const { metadata, data } = defaultPayloadConverter.toPayload(Number.NaN);
if (Buffer.from(metadata.encoding).toString() !== 'json/plain') process.exit(1);
console.log(Buffer.from(data).toString());
try {
  console.log(defaultPayloadConverter.fromPayload({ metadata, data: Buffer.from('NaN') }));
} catch (error) {
  console.log([error.name, error.cause?.name].find((name) => name === 'SyntaxError') ?? error.message);
}
JS
"$work/venv/bin/python" - <<'PY'
import math, subprocess
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadConverter

def lines(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

def read(text):
    try:
        return PayloadConverter.default.from_payload(
            Payload(metadata={"encoding": b"json/plain"}, data=text.encode()), float)
    except Exception as error:
        return type(error).__name__

[payload] = PayloadConverter.default.to_payloads([math.nan])
assert payload.metadata["encoding"] == b"json/plain"
by_python = payload.data.decode()
by_typescript, typescript_reads = lines("node", "main.cjs")
by_java, java_reads, java_reads_null = lines("java", "-cp", "lib/*", "Main.java")
reads = [read(by_typescript), read(by_java)]
print(f"python writes {by_python}, typescript: {by_typescript}, java: {by_java} | typescript reads {by_python}: "
      f"{typescript_reads} | java reads {by_python}: {java_reads}, null: {java_reads_null} | "
      f"python reads {by_typescript}: {reads[0]}, {by_java}: {reads[1]}")
assert [by_python, by_typescript, by_java] == ["NaN", "null", '"NaN"']
assert [typescript_reads, java_reads, java_reads_null] == ["SyntaxError", "error", "0.0"]
assert reads == ["TypeError", "TypeError"]
PY
