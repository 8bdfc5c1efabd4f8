"""What every client does, whatever its version and binding: the cases of the interop run, once.

A client program gives `run` an `Adapter`; the cases see only the plain shapes below. Each case prints one line
of JSON: client, binding, version, operation, ok, detail.
"""

import asyncio
import contextlib
import json
import sys
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

CASE_SECONDS = 45
# A killed worker is missed after the 30 s of its activity's heartbeat.
RESTART_SECONDS = 150
GREETING = 'Grüße, 世界 👋'


@dataclass
class TaskView:
    """A task in plain shapes; `state` as in 0.3: submitted, working, input-required, completed, canceled ..."""

    id: str
    context_id: str
    state: str
    text: str = ''
    artifacts: dict[str, str] = field(default_factory=dict)
    data: list[Any] = field(default_factory=list)
    history: int = 0


@dataclass
class Event:
    """One event of a stream; `text` is the status message's, or the artifact chunk's."""

    kind: str
    state: str = ''
    text: str = ''
    task: TaskView | None = None


@dataclass
class PushView:
    id: str
    url: str
    token: str


class Agent(Protocol):
    """A client that is connected to one agent over one binding. `push` is a (url, token)."""

    async def send(self, content: Any, **options: Any) -> TaskView: ...
    def stream(self, content: Any, **options: Any) -> AsyncIterator[Event]: ...
    async def get(self, task_id: str, history_length: int | None = None) -> TaskView: ...
    async def cancel(self, task_id: str) -> TaskView: ...
    def subscribe(self, task_id: str) -> AsyncIterator[Event]: ...
    async def list_ids(self, context_id: str) -> list[str]: ...
    async def extended_card(self) -> list[str]: ...
    async def create_push(self, task_id: str, config: PushView) -> PushView: ...
    async def get_push(self, task_id: str, config_id: str) -> PushView: ...
    async def list_push(self, task_id: str) -> list[str]: ...
    async def delete_push(self, task_id: str, config_id: str) -> None: ...


@dataclass
class Context:
    """`config` is what the runner gives; `connect` gives an Agent by the agent's ID and extra headers."""

    config: dict[str, Any]
    binding: str
    version: str
    connect: Callable[..., contextlib.AbstractAsyncContextManager[Agent]]
    card: Callable[[str], Awaitable[dict[str, Any]]]
    # The same for another binding and version.
    other: Callable[[str, str], 'Context']

    @property
    def v03_grpc(self) -> bool:
        return (self.binding, self.version) == ('GRPC', '0.3')

    async def deliveries(self, name: str, until: str) -> list[dict[str, Any]]:
        """What the runner's webhook receiver got under this name, once a body contains `until`."""
        async with httpx.AsyncClient(timeout=CASE_SECONDS) as client:
            answer = await client.get(f'{self.config["hooks"]}/seen/{name}', params={'until': until})
            return answer.raise_for_status().json()


def expect(condition: object, what: object) -> None:
    if not condition:
        raise AssertionError(str(what)[:500])


def same(got: object, expected: object, what: str) -> None:
    expect(got == expected, f'{what}: expected {expected!r}, got {got!r}')


async def refused(call: Awaitable[Any], what: str, reason: str) -> None:
    """The call must fail, and its error must contain one of the words of `reason`."""
    try:
        result = await call
    except Exception as error:  # noqa: BLE001
        text = f'{type(error).__name__} {error!r} {error}'.lower()
        expect(any(word in text for word in reason.lower().split('|')), f'{what}: {text}')
    else:
        raise AssertionError(f'{what} was not refused: {result!r}')


async def card(context: Context) -> str:
    # Over gRPC, 0.3 has no field that tells agents apart: only the default agent's card offers it.
    agent_id, name, skill = ('echo', 'Echo', 'echo') if context.v03_grpc else ('ticker', 'Ticker', 'tick')
    seen = await context.card(agent_id)
    same(seen['name'], name, 'name')
    expect(seen['streaming'], 'the card does not declare streaming')
    same(seen['skills'], [skill], 'skills')
    expect(context.binding in seen['bindings'], f'no {context.binding} among {seen["bindings"]}')
    return ', '.join(sorted(set(seen['bindings'])))


async def extended_card(context: Context) -> str:
    async with context.connect('echo') as agent:
        skills = await agent.extended_card()
    same(skills, ['echo', 'secret-echo'], 'skills')
    return ', '.join(skills)


async def send(context: Context) -> str:
    async with context.connect('echo') as agent:
        task = await agent.send(GREETING)
        same(task.state, 'completed', 'state')
        same(task.artifacts, {'echo': GREETING}, 'artifacts')
        data = {'nested': {'list': [1, 2.5, 'three', None, True]}}
        echoed = await agent.send(data)
        same(echoed.data, [data], 'data')
        expect(task.id != echoed.id, 'two sends made one task')
    return task.state


async def stream(context: Context) -> str:
    async with context.connect('ticker') as agent:
        events = [event async for event in agent.stream('5 every 50ms')]
    same(events[0].kind, 'task', 'first event')
    ticks = [event.text for event in events if event.kind == 'status' and event.text.startswith('tick')]
    same(ticks, [f'tick {n} of 5' for n in range(1, 6)], 'ticks')
    chunks = ''.join(event.text for event in events if event.kind == 'artifact')
    same(chunks, ''.join(f'tick {n}\n' for n in range(1, 6)), 'artifact')
    same(events[-1].state, 'completed', 'last state')
    return f'{len(events)} events'


async def get(context: Context) -> str:
    async with context.connect('echo') as agent:
        task = await agent.send('keep this')
        full = await agent.get(task.id)
        same((full.state, full.context_id), ('completed', task.context_id), 'task')
        same(full.artifacts, {'echo': 'keep this'}, 'artifacts')
        expect(full.history >= 1, 'no history')
        await refused(agent.get(str(uuid.uuid4())), 'a task that does not exist', 'notfound|not found|not_found|404')
    async with context.connect('ticker') as other:
        await refused(other.get(task.id), "another agent's task", 'notfound|not found|not_found|404')
    return full.state


async def list_tasks(context: Context) -> str:
    async with context.connect('echo') as agent:
        first = await agent.send('one of two')
        second = await agent.send('two of two', context_id=first.context_id)
        # Visibility follows the history after a moment.
        for _ in range(50):
            ids = await agent.list_ids(first.context_id)
            if len(ids) == 2:
                break
            await asyncio.sleep(0.1)
    same(ids, [second.id, first.id], 'tasks, newest first')
    return f'{len(ids)} tasks'


async def cancel(context: Context) -> str:
    async with context.connect('ticker') as agent:
        task = await agent.send('900 every 100ms', blocking=False)
        expect(task.state in ('submitted', 'working'), task.state)
        canceled = await agent.cancel(task.id)
        same(canceled.state, 'canceled', 'state')
        same((await agent.get(task.id)).state, 'canceled', 'state afterwards')
        await refused(agent.cancel(task.id), 'cancelling it again', 'cancel|409|400')
    return canceled.state


async def subscribe(context: Context) -> str:
    async with context.connect('ticker') as agent:
        task = await agent.send('50 every 100ms', blocking=False)
        before: list[str] = []
        async with contextlib.aclosing(agent.subscribe(task.id)) as events:
            async for event in events:
                if event.text.startswith('tick') and event.kind == 'status':
                    before.append(event.text)
                if len(before) >= 3:
                    break
        again = [event async for event in agent.subscribe(task.id)]
        same(again[0].kind, 'task', 'first event')
        snapshot = again[0].task.artifacts.get('ticks', '') if again[0].task else ''
        chunks = ''.join(event.text for event in again if event.kind == 'artifact')
        same(snapshot + chunks, ''.join(f'tick {n}\n' for n in range(1, 51)), 'artifact')
        same(again[-1].state, 'completed', 'last state')
    return f'{len(before)} ticks, then {len(again)} events'


async def multi_turn(context: Context) -> str:
    async with context.connect('interview') as agent:
        first = await agent.send('Ask me twice')
        same((first.state, first.text), ('input-required', 'What is your name?'), 'question')
        same((await agent.get(first.id)).state, 'input-required', 'state')
        second = await agent.send('Ada', task_id=first.id, context_id=first.context_id)
        same((second.id, second.state), (first.id, 'input-required'), 'second question')
        last = await agent.send('green', task_id=first.id, context_id=first.context_id)
        same((last.id, last.state), (first.id, 'completed'), 'end')
        answers = 'Your name is Ada. Your favourite color is green.'
        same(last.artifacts, {'answers': answers}, 'artifacts')
        late = agent.send('too late', task_id=first.id, context_id=first.context_id)
        await refused(late, 'a message for a task that has ended', 'unsupported|terminal|400|409|end|complete')
    return last.state


async def push(context: Context) -> str:
    name, token = uuid.uuid4().hex, uuid.uuid4().hex
    async with context.connect('ticker') as agent:
        task = await agent.send('40 every 100ms', blocking=False)
        url = f'{context.config["hooks"]}/hook/{name}'
        made = await agent.create_push(task.id, PushView(id=f'config-{name}', url=url, token=token))
        same((made.url, made.token), (url, token), 'config as made')
        read = await agent.get_push(task.id, made.id)
        same((read.id, read.url), (made.id, url), 'config as read')
        return check_deliveries(await context.deliveries(name, 'completed'), task.id, token)


async def push_in_send(context: Context) -> str:
    name, token = uuid.uuid4().hex, uuid.uuid4().hex
    async with context.connect('ticker') as agent:
        url = f'{context.config["hooks"]}/hook/{name}'
        task = await agent.send('5 every 100ms', blocking=False, push=(url, token))
        return check_deliveries(await context.deliveries(name, 'completed'), task.id, token)


def check_deliveries(deliveries: list[dict[str, Any]], task_id: str, token: str) -> str:
    expect(deliveries, 'nothing was delivered')
    for delivery in deliveries:
        same(delivery['headers'].get('x-a2a-notification-token'), token, 'token header')
        expect(task_id in delivery['body'], f'the task is not named in {delivery["body"]}')
    expect('completed' in deliveries[-1]['body'].lower(), f'the last is {deliveries[-1]["body"]}')
    return f'{len(deliveries)} deliveries'


async def push_list(context: Context) -> str:
    async with context.connect('interview') as agent:
        task = await agent.send('Let us begin')
        for config_id in ('one', 'two'):
            url = f'{context.config["hooks"]}/hook/{uuid.uuid4().hex}'
            await agent.create_push(task.id, PushView(id=config_id, url=url, token='t'))
        same(sorted(await agent.list_push(task.id)), ['one', 'two'], 'configs')
    return '2 configs'


async def push_delete(context: Context) -> str:
    async with context.connect('interview') as agent:
        task = await agent.send('Let us begin')
        url = f'{context.config["hooks"]}/hook/{uuid.uuid4().hex}'
        made = await agent.create_push(task.id, PushView(id='gone-soon', url=url, token='t'))
        await agent.delete_push(task.id, made.id)
        gone = agent.get_push(task.id, made.id)
        await refused(gone, 'a deleted config', 'notfound|not found|not_found|404')
    return 'deleted'


async def key(context: Context, headers: dict[str, str]) -> str:
    async with context.connect('private', headers) as agent:
        task = await agent.send(GREETING)
        same(task.artifacts, {'echo': GREETING}, 'artifacts')
        events = [event async for event in agent.stream('and streamed')]
        same(events[-1].state, 'completed', 'last state')
    async with context.connect('private', {'X-Api-Key': context.config['otherKey']}) as other:
        await refused(other.get(task.id), "another owner's task", 'notfound|not found|not_found|404')
    return task.state


async def key_header(context: Context) -> str:
    return await key(context, {'X-Api-Key': context.config['key']})


async def key_bearer(context: Context) -> str:
    return await key(context, {'Authorization': f'Bearer {context.config["key"]}'})


async def key_refused(context: Context) -> str:
    for headers in ({}, {'X-Api-Key': 'wrong'}, {'Authorization': 'Bearer wrong'}):
        async with context.connect('private', headers) as agent:
            await refused(agent.send('hello'), str(headers), '401|unauthenticated|unauthorized|credential')
    return 'refused'


async def across(context: Context) -> str:
    """Tasks that are sent in 0.3, over each binding, are told in this version over this one, and ended in 0.3."""
    for binding in ('JSONRPC', 'HTTP+JSON', 'GRPC'):
        old = context.other(binding, '0.3')
        async with old.connect('ticker') as sender, context.connect('ticker') as reader:
            task = await sender.send('30 every 100ms', blocking=False)
            events = [event async for event in reader.subscribe(task.id)]
            snapshot = events[0].task.artifacts.get('ticks', '') if events[0].task else ''
            chunks = ''.join(event.text for event in events if event.kind == 'artifact')
            same(snapshot + chunks, ''.join(f'tick {n}\n' for n in range(1, 31)), f'sent over {binding}')
            same((await reader.get(task.id)).artifacts, (await sender.get(task.id)).artifacts, 'artifacts')
            mine = await reader.send('900 every 100ms', blocking=False)
            same((await sender.cancel(mine.id)).state, 'canceled', 'state')
            same((await reader.get(mine.id)).state, 'canceled', 'state')
    return 'from 0.3 over 3 bindings'


async def restart(context: Context) -> str:
    """The server is killed and started again while a stream is read: a subscription continues without loss."""
    name = uuid.uuid4().hex
    async with context.connect('ticker') as agent:
        task = await agent.send('60 every 100ms', blocking=False)
        with contextlib.suppress(Exception):
            async for event in agent.subscribe(task.id):
                if event.text.startswith('tick 3 '):
                    async with httpx.AsyncClient(timeout=CASE_SECONDS) as client:
                        await client.post(f'{context.config["hooks"]}/restart/{name}')
        again = [event async for event in agent.subscribe(task.id)]
        snapshot = again[0].task.artifacts.get('ticks', '') if again[0].task else ''
        chunks = ''.join(event.text for event in again if event.kind == 'artifact')
        same(snapshot + chunks, ''.join(f'tick {n}\n' for n in range(1, 61)), 'artifact')
        same(again[-1].state, 'completed', 'last state')
    return f'killed after tick 3, then {len(again)} events'


CASES: dict[str, Callable[[Context], Awaitable[str]]] = {
    'card': card,
    'extended-card': extended_card,
    'send': send,
    'stream': stream,
    'get': get,
    'list': list_tasks,
    'cancel': cancel,
    'subscribe': subscribe,
    'multi-turn': multi_turn,
    'push': push,
    'push-in-send': push_in_send,
    'push-list': push_list,
    'push-delete': push_delete,
    'key-header': key_header,
    'key-bearer': key_bearer,
    'key-refused': key_refused,
    'across': across,
    'restart': restart,
}


async def run(context: Context, operations: list[str]) -> None:
    """Runs the cases one after the other; a case that fails or takes too long does not stop the others."""
    for operation in operations:
        began = time.monotonic()
        limit = RESTART_SECONDS if operation == 'restart' else CASE_SECONDS
        try:
            detail, ok = await asyncio.wait_for(CASES[operation](context), limit), True
        except asyncio.TimeoutError:
            detail, ok = f'not done after {limit} s', False
        except BaseException as error:  # noqa: BLE001
            detail, ok = f'{type(error).__name__}: {error}'.strip(), False
        line = {
            'client': context.config['client'],
            'binding': context.binding,
            'version': context.version,
            'operation': operation,
            'ok': ok,
            'detail': ' '.join(detail.split())[:1000],
            'ms': round((time.monotonic() - began) * 1000),
        }
        sys.stdout.write(json.dumps(line) + '\n')
        sys.stdout.flush()
