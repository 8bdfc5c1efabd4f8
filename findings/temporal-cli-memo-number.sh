#!/usr/bin/env bash
# Temporal CLI 1.9.1 (server 1.32.0): "temporal workflow start \
  --workflow-id any --type Any --task-queue none --input 9007199254740993 --memo number=9007199254740993 >/dev/null
temporal workflow show --workflow-id any -o json >history
stored() {
  python3 -c "import base64, json; it = json.load(open('history'))['events'][0]['workflowExecutionStartedEventAttributes']
print(base64.b64decode(it$1['data']).decode())"
}
input=$(stored "['input']['payloads'][0]")
memo=$(stored "['memo']['fields']['number']")
echo "given: 9007199254740993 | input: $input | memo: $memo"
[ "$input" = 9007199254740993 ] && [ "$memo" = 9007199254740992 ]
