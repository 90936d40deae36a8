//! Pages: rendered for the first visit, and the empty shell for every later one.

use std::sync::Arc;

use app::{
    context::{Live, Ports},
    document::{Document, Life},
};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    response::{Html, IntoResponse, Response},
};
use domain::{
    language::Language,
    ports::{Library, Locale},
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;

use super::{Server, error::AppError, guard::csp_for_page, session::Visitor};
use crate::{library::ReadersLibrary, locale::ServerLocale};

/// The cookie by which a browser remembers its language. Not a secret: scripts may read it.
const LANGUAGE_COOKIE: &str = "solsken-language=";

pub async fn page(State(server): State<Server>, request: Request) -> Result<Response, AppError> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(AppError::NotFound);
    }
    let (mut parts, body) = request.into_parts();
    let Visitor(session) = Visitor::from_request_parts(&mut parts, &server).await?;
    let language = language_of(&parts.headers);
    let library = Arc::new(ReadersLibrary {
        store: server.store.clone(),
        reader: session.map(|session| session.reader),
    });
    let me = library.me().await.map_err(|_| AppError::Broken)?;
    let assets = server.site.document_assets();
    let for_context = (me.clone(), library.clone());
    let context = move || {
        let (me, library) = for_context.clone();
        provide_context(Ports::new(
            library as Arc<dyn Library>,
            Arc::new(ServerLocale) as Arc<dyn Locale>,
            None,
        ));
        provide_context(Live::new(language, me));
    };
    let document = move || {
        let nonce = use_nonce().map(|nonce| nonce.to_string());
        let response = expect_context::<ResponseOptions>();
        response.insert_header(header::CONTENT_SECURITY_POLICY, csp_for_page(nonce.as_deref()));
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        view! { <Document language=language assets=assets.clone() life=Life::Hydrated { me: me.clone() }/> }
    };
    let render = leptos_axum::render_app_async_with_context(context, document);
    Ok(render(Request::from_parts(parts, body)).await)
}

/// The page that the service worker keeps: no data in it, and nobody's name.
pub async fn shell(State(server): State<Server>, headers: HeaderMap) -> Response {
    let language = language_of(&headers);
    let assets = server.site.document_assets();
    let html = Owner::new_root(None).with(|| {
        app::document::provide_meta();
        view! { <Document language=language assets=assets life=Life::Mounted/> }.to_html()
    });
    let headers = [
        (header::CONTENT_SECURITY_POLICY, csp_for_page(None)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, Html(html)).into_response()
}

fn language_of(headers: &HeaderMap) -> Language {
    let chosen = headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(LANGUAGE_COOKIE)?.parse().ok());
    chosen.unwrap_or_else(|| {
        let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Language::preferred(accepted.unwrap_or_default())
    })
}
