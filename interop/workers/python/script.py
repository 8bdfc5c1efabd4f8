"""An agent that speaks A2A and does what the steps in its first message say."""

import asyncio
import os
from datetime import timedelta
from typing import Any

from a2a_task import A2ATask, Json, TaskReporter, artifact, artifact_update, text_of
from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError, is_cancelled_exception


@activity.defn(name='report')
async def report(wanted: Json) -> None:
    """Tells of pieces of an artifact with time between them; fails after the first ones when it is to be retried."""
    reporter = TaskReporter()
    pieces = wanted['pieces']
    for number, piece in enumerate(pieces):
        if number == wanted.get('failsOnceAt') and activity.info().attempt == 1:
            raise ApplicationError('for a second attempt')
        await reporter.report(
            artifact_update('report', [{'text': piece}], append=number > 0, last=number == len(pieces) - 1)
        )
        activity.heartbeat()
        await asyncio.sleep(wanted.get('gap', 0) / 1_000)
    for update in wanted.get('raw', []):
        await reporter.report(update)


@workflow.defn(name='Script')
class Script:
    @workflow.run
    async def run(self, start: Json, at: int = 0) -> Any:
        with A2ATask(start) as task:
            wanted = task.message['parts'][0]['data']
            try:
                for number, step in list(enumerate(wanted['steps']))[at:]:
                    if 'continueAsNew' in step:
                        task.continue_as_new(number + 1)
                    await self.do(task, step)
            except BaseException as error:
                clean_up = wanted.get('onCancel')
                if clean_up is None or not is_cancelled_exception(error):
                    raise
                task.working(clean_up['say'])
                await asyncio.sleep(clean_up['sleep'] / 1_000)
                if not clean_up.get('ignore'):
                    raise
            if 'give' in wanted:
                return wanted['give']
            return task.complete(artifact('result', 'done'))

    async def do(self, task: A2ATask, step: Json) -> None:
        [(kind, wanted)] = step.items()
        if kind == 'next':
            task.artifact('next', {'text': text_of(await task.next_message())})
        elif kind == 'say':
            task.working(wanted)
        elif kind == 'ask':
            task.artifact('answer', {'text': text_of(await task.ask(wanted))})
        elif kind == 'artifact':
            task.artifact(wanted, {'text': wanted})
        elif kind == 'sleep':
            await asyncio.sleep(wanted / 1_000)
        elif kind == 'report':
            await workflow.execute_activity(
                report,
                wanted,
                start_to_close_timeout=timedelta(seconds=30),
                heartbeat_timeout=timedelta(seconds=5),
                retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=100)),
            )
        elif kind == 'update':
            task.send(wanted)
        elif kind == 'fail':
            raise ApplicationError(wanted, type='Failed')
        elif kind == 'reject':
            task.reject(wanted)
        elif kind == 'build':
            task.artifact('build', {'text': os.environ['BUILD_ID']})
        else:
            raise ApplicationError(f'no step {kind}')
