"""The LangGraph server (in memory), with a graph that asks the fake model, and interrupts for a question."""

import os
import tempfile

from langgraph_api.cli import run_server

HERE = os.path.dirname(os.path.abspath(__file__))

# It keeps its state where it runs.
os.chdir(tempfile.mkdtemp(prefix="a2a-partner-langgraph-"))
run_server(
    host="127.0.0.1",
    port=int(os.environ["PARTNER_PORT"]),
    graphs={"partner": f"{HERE}/graph.py:graph"},
    env={"LANGSMITH_TRACING": "false"},
)
