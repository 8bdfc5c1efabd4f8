"""A graph whose state is a list of messages, as the server's A2A endpoint wants it."""

import os

import httpx
from langchain_core.messages import AIMessage
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.types import interrupt

ROLES = {"human": "user", "ai": "assistant"}


async def answer(state: MessagesState):
    if "ask:" in state["messages"][-1].text:
        city = interrupt("Which city?")
        return {"messages": [AIMessage(f"You said {city}")]}
    messages = [{"role": ROLES[each.type], "content": each.text} for each in state["messages"]]
    async with httpx.AsyncClient(timeout=120) as client:
        response = await client.post(f"{os.environ['MODEL_URL']}/v1/chat/completions", json={"messages": messages})
    said = response.json()
    if response.is_error:
        raise RuntimeError(said["error"]["message"])
    return {"messages": [AIMessage(said["choices"][0]["message"]["content"])]}


graph = StateGraph(MessagesState).add_node(answer).add_edge(START, "answer").compile()
