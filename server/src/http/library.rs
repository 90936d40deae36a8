//! The server functions of `app::remote`: the library for phones that do not hold everything.

use std::sync::Arc;

use app::context::{Live, Ports};
use axum::{
    extract::{FromRequestParts, Request, State},
    response::{IntoResponse, Response},
};
use domain::{
    language::Language,
    ports::{Library, Locale},
};
use leptos::prelude::provide_context;

use super::{Server, error::AppError, session::Visitor};
use crate::{library::ReadersLibrary, locale::ServerLocale};

pub async fn answer(State(server): State<Server>, request: Request) -> Result<Response, AppError> {
    let (mut parts, body) = request.into_parts();
    let Visitor(session) = Visitor::from_request_parts(&mut parts, &server).await?;
    let library = Arc::new(ReadersLibrary {
        store: server.store.clone(),
        reader: session.map(|session| session.reader),
    });
    let context = move || {
        let library: Arc<dyn Library> = library.clone();
        provide_context(Ports::new(library, Arc::new(ServerLocale) as Arc<dyn Locale>, None));
        provide_context(Live::new(Language::default(), None));
    };
    let answer = leptos_axum::handle_server_fns_with_context(context, Request::from_parts(parts, body)).await;
    Ok(answer.into_response())
}
