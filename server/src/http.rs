//! The routes, and what stands before them all.

mod accounts;
mod assets;
mod attachments;
mod body;
mod error;
mod guard;
mod library;
mod page;
mod remounts;
mod session;
mod shape;
mod sync;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{any, get, post, put},
};
use domain::sync::{
    upload::CHUNK_BYTES,
    wire::{PUSH_BYTES, SigningKey},
};
use tokio::sync::watch;
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, CompressionLevel, DefaultPredicate,
        predicate::{NotForContentType, Predicate},
    },
    trace::TraceLayer,
};

use crate::{
    config::Config, credentials::Credentials, media::Media, site::Site, store::Store, writer::Writer,
};

pub use guard::Guesses;

/// What every handler can reach.
#[derive(Clone)]
pub struct Server {
    pub store: Arc<dyn Store>,
    pub writer: Writer,
    pub credentials: Credentials,
    pub media: Media,
    pub key: SigningKey,
    pub site: Arc<Site>,
    pub config: Arc<Config>,
    pub guesses: Arc<Guesses>,
    /// Closed once the server is to stop: what would never end by itself ends then.
    pub stopping: watch::Receiver<()>,
}

/// Bodies other than pushes are small.
const BODY_BYTES: usize = 64 * 1024;

pub fn router(server: Server) -> Router {
    // Pages are drawn on Tokio. It has been said before if this process serves twice, as the tests do.
    let _ = any_spawner::Executor::init_tokio();
    let sync = Router::new()
        .route("/push", post(sync::push).layer(DefaultBodyLimit::max(PUSH_BYTES + BODY_BYTES)))
        .route("/handback", post(sync::hand_back).layer(DefaultBodyLimit::max(PUSH_BYTES + BODY_BYTES)))
        .route("/pull", get(sync::pull))
        .route("/news", get(sync::news));
    let upload = Router::new()
        .route("/", get(attachments::status).post(attachments::finish))
        .route("/{chunk}", put(attachments::chunk).layer(DefaultBodyLimit::max(CHUNK_BYTES as usize)));
    let api = Router::new()
        .route("/attachments/{story}/{id}", get(attachments::bytes))
        .nest("/attachments/{story}/{id}/upload", upload)
        .nest("/sync", sync)
        .route("/invite", post(accounts::look_at_invite))
        .route("/join", post(accounts::join))
        .route("/device", post(accounts::add_device))
        .route("/sign-out", post(accounts::sign_out))
        .route("/library", post(library::answer))
        .nest("/remounts", remounts::router());
    // A part of a recording could not be found again in what was compressed.
    let worth_it = DefaultPredicate::new().and(NotForContentType::const_new("audio/"));
    Router::new()
        .nest("/api", Router::new().nest("/v1", api).fallback(error::no_such_route))
        .route("/api/", any(error::no_such_route))
        .route("/healthz", get(healthz))
        .route("/sw.js", get(assets::service_worker))
        .route("/manifest.webmanifest", get(assets::manifest))
        .route("/assets/{*path}", get(assets::asset))
        .route("/app-shell", get(page::shell))
        .fallback(page::page)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        // One more would take a third more time for four bytes less in a hundred.
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(4)).compress_when(worth_it))
        .layer(guard::same_origin(&server.config))
        .layer(middleware::from_fn(guard::refuse_other_sites))
        .layer(CatchPanicLayer::new())
        // Around those that refuse: what they say is hardened too.
        .layer(middleware::from_fn_with_state(server.clone(), guard::headers))
        .layer(TraceLayer::new_for_http())
        .with_state(server)
}

/// Alive, and the store answers.
async fn healthz(
    axum::extract::State(server): axum::extract::State<Server>,
) -> Result<&'static str, error::AppError> {
    server.store.head().await?;
    Ok("ok\n")
}
