"""a2akit: a worker that asks the fake model, and asks the user."""

import os

import uvicorn
from a2akit import A2AServer, AgentCardConfig, CapabilitiesConfig, TaskContext, Worker
from openai import AsyncOpenAI, BadRequestError

client = AsyncOpenAI(base_url=f"{os.environ['MODEL_URL']}/v1", api_key="none", max_retries=0)


class Partner(Worker):
    async def handle(self, ctx: TaskContext) -> None:
        text = ctx.user_text
        if text == "ask:":
            return await ctx.request_input("Which city?")
        if text == "data:":
            return await ctx.complete_json({"amount": 4242})
        if text == "file:":
            await ctx.emit_artifact(
                artifact_id="picture", file_bytes=bytes.fromhex("89504e470d0a1a0a"), media_type="image/png", filename="a.png"
            )
            return await ctx.complete()
        said = [*(await ctx.load_context() or []), text]
        await ctx.update_context(said)
        messages = [{"role": "user", "content": each} for each in said]
        try:
            stream = await client.chat.completions.create(model="fake", messages=messages, stream=True)
        except BadRequestError as error:
            return await ctx.fail(error.message)
        first = True
        async for chunk in stream:
            word = chunk.choices[0].delta.content if chunk.choices else None
            if ctx.is_cancelled:
                return
            if word:
                await ctx.emit_text_artifact(word, artifact_id="answer", append=not first)
                first = False
        await ctx.complete()


card = AgentCardConfig(
    name="Partner", description="Says what it is told.", capabilities=CapabilitiesConfig(streaming=True)
)
app = A2AServer(worker=Partner(), agent_card=card).as_fastapi_app()
uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PARTNER_PORT"]), log_level="warning")
