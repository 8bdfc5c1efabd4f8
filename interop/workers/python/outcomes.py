"""A plain workflow that ends in whatever way its argument names."""

import asyncio
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from temporalio import activity, workflow
from temporalio.api.common.v1 import Payload, WorkflowExecution
from temporalio.common import RawValue, RetryPolicy
from temporalio.converter import BinaryProtoPayloadConverter
from temporalio.exceptions import ApplicationError

Json = dict[str, Any]


@dataclass
class Note:
    title: str
    body: str | None = None
    tags: list[str] | None = None


class Model(BaseModel):
    title: str
    body: str | None = None


def raw(data: bytes, encoding: bytes | None) -> RawValue:
    return RawValue(Payload(data=data, metadata={'encoding': encoding} if encoding else {}))


EXECUTION = WorkflowExecution(workflow_id='w', run_id='r')
NULLS = {
    'id': 'of its own',
    'contextId': None,
    'status': {'state': 'TASK_STATE_FAILED', 'message': None, 'timestamp': None},
    'artifacts': None,
    'history': None,
    'metadata': None,
}

RESULTS = {
    'object': {'a': 1, 'list': [1, 'two', None], 'deep': {'yes': True}},
    'record': Note('a note'),
    'pydantic': Model(title='a note'),
    'string': 'héllo ✓ 🎉',
    'empty': '',
    'list': [1, 'two', None],
    'number': 42,
    'boolean': False,
    'none': None,
    'bytes': b'\x00\xffbytes',
    'protobuf': EXECUTION,
    'protobuf-binary': RawValue(BinaryProtoPayloadConverter().to_payload(EXECUTION)),
    'nan': {'x': math.nan, 'most': math.inf, 'least': -math.inf},
    'big': {'integer': 2**64 + 1, 'float': 1e300},
    'foreign': raw(b'?', b'binary/foreign'),
    'no-encoding': raw(b'?', None),
    'truncated': raw(b'{"a":', b'json/plain'),
    'message': {
        'messageId': 'the-answer',
        'role': 'ROLE_AGENT',
        'parts': [{'text': 'the answer'}],
        'metadata': None,
        'extensions': None,
    },
    'task-of-nulls': NULLS,
    'too-large': 'x' * 2_200_000,
}

FAILURES = {
    'application': lambda: ApplicationError('card declined', type='CardDeclined'),
    'details': lambda: ApplicationError('card declined', {'code': 51}),
    'details-protobuf': lambda: ApplicationError('card declined', EXECUTION),
    'details-bytes': lambda: ApplicationError('card declined', b'\x00\xff'),
    'details-foreign': lambda: ApplicationError('card declined', raw(b'?', b'binary/foreign')),
    'details-truncated': lambda: ApplicationError('card declined', raw(b'{"a":', b'json/plain')),
    'empty': lambda: ApplicationError(''),
    'rejected': lambda: ApplicationError('not my business', type='A2A_REJECTED'),
    'exception': lambda: RuntimeError('a bug'),
}


@activity.defn(name='fail')
async def fail(how: str) -> None:
    if how == 'timeout':
        await asyncio.sleep(60)
    raise FAILURES[how]()


@workflow.defn(name='Outcome')
class Outcome:
    @workflow.run
    async def run(self, wanted: Json) -> Any:
        if milliseconds := wanted.get('sleep'):
            await asyncio.sleep(milliseconds / 1_000)
        if how := wanted.get('raise'):
            raise FAILURES[how]()
        if how := wanted.get('cause'):
            raise ApplicationError('the outer reason', type='Outer') from FAILURES[how]()
        if how := wanted.get('activity'):
            await workflow.execute_activity(
                'fail',
                how,
                start_to_close_timeout=timedelta(milliseconds=200 if how == 'timeout' else 10_000),
                retry_policy=RetryPolicy(maximum_attempts=1),
            )
        if how := wanted.get('child'):
            await workflow.execute_child_workflow('Outcome', {'raise': how})
        if wanted.get('again'):
            workflow.continue_as_new({**wanted, 'again': wanted['again'] - 1})
        return RESULTS[wanted['give']]


@workflow.defn(name='Typed')
class Typed:
    """Takes an object of a class of its own."""

    @workflow.run
    async def run(self, note: Note) -> str:
        return note.title


@workflow.defn(name='Pydantic')
class Pydantic:
    @workflow.run
    async def run(self, note: Model) -> Model:
        return note
