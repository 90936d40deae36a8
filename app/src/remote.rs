//! The library as a phone asks the server for it, while it does not hold everything itself. Endpoints are named: an
//! old phone must find them after the server was built anew.

use domain::{
    id::{PathId, StoryId},
    ports::{Home, Labels, Unavailable},
    query::{ListQuery, Listing},
    time::Day,
    view::{Card, PathCard, PathView, StoryView, Version},
};
use leptos::{prelude::*, server_fn::error::ServerFnErrorErr};

/// [`Unavailable`] as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Away(pub Unavailable);

impl std::fmt::Display for Away {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl FromServerFnError for Away {
    type Encoder = leptos::server_fn::codec::JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self(Unavailable::Unreachable),
            // What is not ours answered: a captive portal, a proxy, a server that is being replaced.
            ServerFnErrorErr::Deserialization(_) => Self(Unavailable::Unreachable),
            _ => Self(Unavailable::Broken),
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn library() -> std::sync::Arc<dyn domain::ports::Library> {
    crate::context::ports().library()
}

#[server(prefix = "/api/v1/library", endpoint = "list", input = leptos::server_fn::codec::Json)]
pub async fn fetch_list(query: ListQuery) -> Result<Listing, Away> {
    library().list(&query).await.map_err(Away)
}

#[server(prefix = "/api/v1/library", endpoint = "story", input = leptos::server_fn::codec::Json)]
pub async fn fetch_story(id: StoryId) -> Result<Option<StoryView>, Away> {
    library().story(id).await.map_err(Away)
}

#[server(prefix = "/api/v1/library", endpoint = "related", input = leptos::server_fn::codec::Json)]
pub async fn fetch_related(id: StoryId, limit: usize) -> Result<Vec<Card>, Away> {
    library().related(id, limit).await.map_err(Away)
}

#[server(prefix = "/api/v1/library", endpoint = "history", input = leptos::server_fn::codec::Json)]
pub async fn fetch_history(id: StoryId) -> Result<Vec<Version>, Away> {
    library().history(id).await.map_err(Away)
}

#[server(prefix = "/api/v1/library", endpoint = "mine", input = leptos::server_fn::codec::Json)]
pub async fn fetch_mine() -> Result<Vec<Card>, Away> {
    library().mine().await.map_err(Away)
}

#[server(prefix = "/api/v1/library", endpoint = "home", input = leptos::server_fn::codec::Json)]
pub async fn fetch_home(today: Day) -> Result<Home, Away> {
    library().home(today).await.map_err(Away)
}

#[server(prefix = "/api/v1/library", endpoint = "labels", input = leptos::server_fn::codec::Json)]
pub async fn fetch_labels() -> Result<Labels, Away> {
    library().labels().await.map_err(Away)
}

#[server(prefix = "/api/v1/library", endpoint = "paths", input = leptos::server_fn::codec::Json)]
pub async fn fetch_paths() -> Result<Vec<PathCard>, Away> {
    library().paths().await.map_err(Away)
}

#[server(prefix = "/api/v1/library", endpoint = "path", input = leptos::server_fn::codec::Json)]
pub async fn fetch_path(id: PathId) -> Result<Option<PathView>, Away> {
    library().path(id).await.map_err(Away)
}
