//! The library as a phone asks the server for it, while it does not hold everything itself.

use domain::ports::{Answer, Question, Unavailable};
use leptos::prelude::*;

/// Asks the server's library. Without an answer of ours, the server counts as unreachable: a captive portal, a proxy,
/// a server that is being replaced.
pub async fn ask(question: &Question) -> Result<Answer, Unavailable> {
    let question = serde_json::to_string(question).map_err(|_| Unavailable::Broken)?;
    let answer = library_answers(question).await.map_err(|_| Unavailable::Unreachable)?;
    let answer: Result<Answer, Unavailable> =
        serde_json::from_str(&answer).map_err(|_| Unavailable::Unreachable)?;
    answer
}

/// Question and answer travel as JSON in JSON: so one decoder serves everything that a phone reads, where the server
/// function's own would be compiled into the wasm a second time. The endpoint is named, since an old phone must find
/// it after the server was built anew.
#[server(prefix = "/api/v1", endpoint = "library", input = leptos::server_fn::codec::Json)]
async fn library_answers(question: String) -> Result<String, ServerFnError> {
    let question: Question = serde_json::from_str(&question)?;
    let answer = crate::context::ports().library().ask(question).await;
    Ok(serde_json::to_string(&answer)?)
}
