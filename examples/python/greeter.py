"""An agent that speaks A2A: it asks for a name and greets with a poem, whose lines appear as they are written."""

import asyncio
from datetime import timedelta

from temporalio import activity, workflow

from a2a_task import A2ATask, Json, TaskReporter, artifact, artifact_update, text_of


@activity.defn
async def write_poem(name: str) -> int:
    """Gives the number of lines."""
    lines = [f"Roses are red, {name},", "violets are blue,", "a workflow remembers", "its greeting for you."]
    reporter = TaskReporter()
    for number, line in enumerate(lines):
        first, last = number == 0, number == len(lines) - 1
        await reporter.report(artifact_update("poem", [{"text": f"{line}\n"}], append=not first, last=last))
        activity.heartbeat()
        await asyncio.sleep(0.2)
    return len(lines)


@workflow.defn
class Greeter:
    @workflow.run
    async def run(self, start: Json) -> Json:
        with A2ATask(start) as task:
            # The workflow waits here, for days if need be. When the client cancels the task, what the workflow
            # waits for raises CancelledError, and the task ends as TASK_STATE_CANCELED.
            name = text_of(await task.ask("What is your name?")).strip()
            if not name:
                task.reject("I only greet people who have a name.")

            task.working(f"Looking for words for {name}")
            lines = await workflow.execute_activity(
                write_poem,
                name,
                start_to_close_timeout=timedelta(minutes=5),
                heartbeat_timeout=timedelta(seconds=30),
            )
            data = {"data": {"name": name, "lines": lines}}
            return task.complete(artifact("greeting", f"Hello, {name}!", data))
