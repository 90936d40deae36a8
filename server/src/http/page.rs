//! Pages: rendered for the first visit, and the empty shell for every later one.

use std::sync::Arc;

use app::{
    context::{Live, Ports, Seed},
    document::{Life, document},
    route::{Address, Route},
};
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use domain::{
    language::Language,
    ports::{Answer, Library, Locale},
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;

use super::{Server, error::AppError, guard::csp_for_page, session::Visitor, shape::stamped};
use crate::{library::ReadersLibrary, locale::ServerLocale};

/// The cookie by which a browser remembers its language. Not a secret: scripts may read it.
const LANGUAGE_COOKIE: &str = "solsken-language=";

pub async fn page(State(server): State<Server>, request: Request) -> Result<Response, AppError> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(AppError::WrongMethod);
    }
    let (mut parts, body) = request.into_parts();
    let Visitor(session) = Visitor::from_request_parts(&mut parts, &server).await?;
    let language = language_of(&parts.headers);
    let address = Address::of(parts.uri.path_and_query().map_or("/", |path| path.as_str()));
    let route = Route::of(&address.path);
    let library = Arc::new(ReadersLibrary {
        store: server.store.clone(),
        reader: session.map(|session| session.reader),
    });
    let me = library.me().await.map_err(|_| AppError::Broken)?;
    let question = route.question(&address.query, ServerLocale.today()).filter(|_| me.is_some());
    let seed = match question {
        // What cannot be answered now is asked again by the phone, which then says why.
        Some(question) => library.ask(question.clone()).await.ok().map(|answer| Seed { question, answer }),
        None => None,
    };
    let missing = route == Route::NotFound || seed.as_ref().is_some_and(|seed| leads_nowhere(route, seed));
    let assets = server.site.document_assets();
    let for_context = (me.clone(), seed.clone(), address);
    let context = move || {
        let (me, seed, address) = for_context.clone();
        provide_context(Ports::new(library.clone(), Arc::new(ServerLocale), None));
        provide_context(Live::new(language, address, me, seed));
    };
    let draw = move || {
        let nonce = use_nonce().map(|nonce| nonce.to_string()).unwrap_or_default();
        let response = expect_context::<ResponseOptions>();
        response.insert_header(header::CONTENT_SECURITY_POLICY, csp_for_page(Some(&nonce)));
        response.insert_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if missing {
            response.set_status(StatusCode::NOT_FOUND);
        }
        document(language, assets.clone(), Life::Hydrated { me: me.clone(), seed: seed.clone(), nonce })
    };
    let render = leptos_axum::render_app_async_with_context(context, draw);
    with_shape(render(Request::from_parts(parts, body)).await).await
}

/// The page with its fingerprint: it is whole before its first byte is sent, as leptos draws it.
async fn with_shape(response: Response) -> Result<Response, AppError> {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.map_err(|_| AppError::Broken)?;
    let html = String::from_utf8(bytes.into()).map_err(|_| AppError::Broken)?;
    Ok(Response::from_parts(parts, Body::from(stamped(&html))))
}

/// Whether the page is about a story or a path that is not there, or not for this reader. The receipt of a story that
/// was just told is a page in any case: the phone may be ahead of the server.
fn leads_nowhere(route: Route, seed: &Seed) -> bool {
    let nothing = matches!(seed.answer, Answer::Story(None) | Answer::Path(None));
    nothing && !matches!(route, Route::Told(_))
}

/// The page that the service worker keeps: no data in it, and nobody's name.
pub async fn shell(State(server): State<Server>, headers: HeaderMap) -> Response {
    let language = language_of(&headers);
    let assets = server.site.document_assets();
    let html = Owner::new_root(None).with(|| document(language, assets, Life::Mounted).to_html());
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
