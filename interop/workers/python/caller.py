"""A plain workflow that calls agents as its argument says, and gives what came of each call."""

import json
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import (
    ApplicationError,
    CancelledError,
    ChildWorkflowError,
    NexusOperationError,
    TimeoutError,
)

Json = dict[str, Any]


@workflow.defn(name='Caller')
class Caller:
    def __init__(self) -> None:
        self.answer = ''

    @workflow.run
    async def run(self, wanted: Json) -> Json:
        self.answer = wanted.get('answer', '')
        outcomes, task_id = [], ''
        for call in wanted['calls']:
            text = json.dumps(call).replace('$workflow', workflow.info().workflow_id)
            call = json.loads(text.replace('$task', task_id))
            try:
                task = await (over_nexus(call) if 'operation' in call else by_child_workflow(call))
            except (ChildWorkflowError, NexusOperationError) as error:
                if isinstance(error.cause, CancelledError):
                    raise
                outcomes.append(failure_of(error))
            else:
                task_id = task['id']
                outcomes.append(summary_of(task))
        return {'calls': outcomes}

    @workflow.signal(name='a2a_question')
    async def question(self, asked: Json) -> None:
        call = workflow.get_external_workflow_handle(asked['callId'])
        await call.signal('a2a_message', self.answer)


async def by_child_workflow(call: Json) -> Json:
    answer: Json = await workflow.execute_child_workflow(
        'a2aCall',
        call['input'],
        result_type=dict,
        task_queue=call['queue'],
        parent_close_policy=workflow.ParentClosePolicy.REQUEST_CANCEL,
    )
    return answer['task']


async def over_nexus(call: Json) -> Json:
    agents = workflow.create_nexus_client(service='A2AService', endpoint=call['endpoint'])
    answer: Json = await agents.execute_operation(
        call['operation'],
        call['input'],
        output_type=dict,
        schedule_to_close_timeout=timedelta(milliseconds=call.get('timeout', 60_000)),
    )
    return answer.get('task', answer)


def summary_of(task: Json) -> Json:
    message = task['status'].get('message')
    artifacts = {artifact['name']: artifact['parts'] for artifact in task.get('artifacts', [])}
    return {
        'state': task['status']['state'],
        'says': message and message['parts'][0]['text'],
        'artifacts': artifacts,
    }


def failure_of(error: BaseException | None) -> Json:
    while error is not None:
        if isinstance(error, TimeoutError):
            return {'type': 'timeout', 'state': None}
        if isinstance(error, ApplicationError):
            details = error.details[0] if error.details else {}
            task = details.get('task') if isinstance(details, dict) else None
            return {'type': error.type, 'state': task and task['status']['state']}
        error = error.__cause__
    return {'type': 'unknown', 'state': None}
