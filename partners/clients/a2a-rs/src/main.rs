//! The official Rust SDK (a2a-client-lf), over JSON-RPC and over HTTP+JSON. One argument: JSON with `url` and `cases`;
//! one line of JSON for each case.
use std::error::Error;
use std::time::{Duration, Instant};

use a2a::{SendMessageResponse, StreamResponse, Task};
use a2a_client::agent_card::AgentCardResolver;
use a2a_client::{A2AClient, A2AClientFactory, Transport};
use futures::StreamExt;
use serde_json::{Value, from_value, json, to_value};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Client = A2AClient<Box<dyn Transport>>;

const CASES: [&str; 11] = [
    "card", "named", "send", "stream", "poll", "multi-turn", "context", "failure", "cancel", "artifacts", "big",
];
const BINDINGS: [&str; 2] = ["JSONRPC", "HTTP+JSON"];
const CASE: Duration = Duration::from_secs(60);

struct Bridge {
    url: String,
    binding: &'static str,
}

impl Bridge {
    fn base(&self, agent: &str) -> String {
        if agent.is_empty() { self.url.clone() } else { format!("{}/a2a/{agent}", self.url) }
    }

    async fn card_name(&self, agent: &str) -> Outcome<String> {
        Ok(AgentCardResolver::new(None).resolve(&self.base(agent)).await?.name)
    }

    async fn client(&self, agent: &str) -> Outcome<Client> {
        let card = AgentCardResolver::new(None).resolve(&self.base(agent)).await?;
        let factory = A2AClientFactory::builder().preferred_bindings(vec![self.binding.into()]).build();
        Ok(factory.create_from_card(&card).await?)
    }
}

fn request(parts: Value, fields: Value, configuration: Value) -> Value {
    let mut message = json!({"messageId": a2a::new_message_id(), "role": "ROLE_USER", "parts": parts});
    message.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    json!({"message": message, "configuration": configuration})
}

async fn send_with(client: &Client, parts: Value, fields: Value, configuration: Value) -> Outcome<Task> {
    match client.send_message(&from_value(request(parts, fields, configuration))?).await? {
        SendMessageResponse::Task(task) => Ok(task),
        SendMessageResponse::Message(message) => Err(format!("a message: {message:?}").into()),
    }
}

async fn send(client: &Client, text: &str, fields: Value) -> Outcome<Task> {
    send_with(client, json!([{"text": text}]), fields, json!({})).await
}

async fn begin(client: &Client, text: &str) -> Outcome<Task> {
    send_with(client, json!([{"text": text}]), json!({}), json!({"returnImmediately": true})).await
}

fn state(task: &Task) -> String {
    to_value(&task.status.state).unwrap().as_str().unwrap_or_default().to_string()
}

fn said(task: &Task) -> String {
    let status = task.status.message.iter().flat_map(|message| &message.parts);
    let artifacts = task.artifacts.iter().flatten().flat_map(|artifact| &artifact.parts);
    status.chain(artifacts).filter_map(|part| part.as_text()).collect::<Vec<_>>().join("\n")
}

fn check(condition: bool, seen: impl std::fmt::Debug) -> Outcome {
    if condition { Ok(()) } else { Err(format!("saw {seen:?}").chars().take(600).collect::<String>().into()) }
}

async fn attempt(bridge: &Bridge, case: &str) -> Outcome {
    match case {
        "card" => check(bridge.card_name("").await? == "Echo", "another name"),
        "named" => check(bridge.card_name("interview").await? == "Interviewer", "another name"),
        "send" => {
            let task = send(&bridge.client("").await?, "Hello, agent!", json!({})).await?;
            check(said(&task) == "Hello, agent!", task)
        }
        "stream" => {
            let ticker = bridge.client("ticker").await?;
            let asked = from_value(request(json!([{"text": "3 every 100ms"}]), json!({}), json!({})))?;
            let mut events = ticker.send_streaming_message(&asked).await?;
            let mut seen: Vec<StreamResponse> = vec![];
            while let Some(event) = events.next().await {
                seen.push(event?);
            }
            check(seen.len() > 3 && format!("{seen:?}").contains("tick 3"), seen)
        }
        "poll" => {
            let ticker = bridge.client("ticker").await?;
            let mut task = begin(&ticker, "3 every 100ms").await?;
            while state(&task) != "TASK_STATE_COMPLETED" {
                tokio::time::sleep(Duration::from_millis(100)).await;
                task = ticker.get_task(&from_value(json!({"id": task.id}))?).await?;
            }
            check(said(&task).contains("tick 3"), task)
        }
        "multi-turn" => {
            let interview = bridge.client("interview").await?;
            let asked = send(&interview, "Let us begin", json!({})).await?;
            check(said(&asked) == "What is your name?", &asked)?;
            let ids = json!({"taskId": asked.id, "contextId": asked.context_id});
            let answered = send(&interview, "Ada", ids).await?;
            check(said(&answered).contains("Your name is Ada."), answered)
        }
        "context" => {
            let echo = bridge.client("").await?;
            let first = send(&echo, "one", json!({})).await?;
            let second = send(&echo, "two", json!({"contextId": first.context_id})).await?;
            check(first.id != second.id && first.context_id == second.context_id, (first, second))
        }
        "failure" => {
            let task = send(&bridge.client("invoice").await?, r#"{"customer": 1}"#, json!({})).await?;
            check(said(&task).contains("the order has no customer"), task)
        }
        "cancel" => {
            let ticker = bridge.client("ticker").await?;
            let task = begin(&ticker, "100 every 1s").await?;
            let canceled = ticker.cancel_task(&from_value(json!({"id": task.id}))?).await?;
            check(state(&canceled) == "TASK_STATE_CANCELED", canceled)
        }
        "artifacts" => {
            let parts = json!([
                {"text": "a text"},
                {"data": {"a": ["b", null]}},
                {"raw": "iVBORw==", "mediaType": "image/png", "filename": "a.png"},
            ]);
            let task = send_with(&bridge.client("").await?, parts.clone(), json!({}), json!({})).await?;
            let artifacts = task.artifacts.unwrap_or_default();
            let got = to_value(&artifacts.first().ok_or("no artifact")?.parts)?;
            check(got == parts, got)
        }
        "big" => {
            let big = "ü".repeat(500_000);
            let task = send(&bridge.client("").await?, &big, json!({})).await?;
            check(said(&task) == big, said(&task).len())
        }
        _ => Err("no such case".into()),
    }
}

#[tokio::main]
async fn main() -> Outcome {
    let config: Value = serde_json::from_str(&std::env::args().nth(1).ok_or("one argument: JSON")?)?;
    let url = config["url"].as_str().ok_or("no url")?;
    let wanted = |case: &str| config["cases"].as_array().is_none_or(|cases| cases.contains(&json!(case)));
    for case in CASES.into_iter().filter(|case| wanted(case)) {
        let began = Instant::now();
        let mut failure = None;
        for binding in BINDINGS {
            let bridge = Bridge { url: url.into(), binding };
            let tried = tokio::time::timeout(CASE, attempt(&bridge, case)).await;
            let tried = tried.unwrap_or_else(|_| Err("not done after 60 s".into()));
            failure = failure.or(tried.err().map(|error| format!("{binding}: {error}")));
        }
        let ms = began.elapsed().as_millis() as u64;
        println!("{}", json!({"case": case, "ok": failure.is_none(), "detail": failure, "ms": ms}));
    }
    Ok(())
}
