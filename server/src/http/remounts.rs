//! How often pages could not be hydrated and were mounted anew. A browser says why, and nothing else: no address, no
//! person, no text.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};

use super::error::AppError;

/// There is one line in the log for so long, however many pages report.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// Why a page was mounted anew, as `public/boot.js` says it.
#[derive(Clone, Copy, Debug)]
enum Reason {
    /// It was not as it was sent.
    Altered,
    /// Hydrating it, or a task that this started, trapped.
    Trapped,
}

impl Reason {
    fn of(key: &str) -> Option<Self> {
        match key {
            "altered" => Some(Self::Altered),
            "trapped" => Some(Self::Trapped),
            _ => None,
        }
    }
}

/// How many since the server was started, and when the log was last written to.
#[derive(Debug, Default)]
struct Remounts {
    altered: u64,
    trapped: u64,
    logged: Option<Instant>,
}

impl Remounts {
    /// Counts one. Says whether it is time for a line in the log.
    fn count(&mut self, reason: Reason, now: Instant) -> bool {
        match reason {
            Reason::Altered => self.altered += 1,
            Reason::Trapped => self.trapped += 1,
        }
        let is_time = self.logged.is_none_or(|before| now.duration_since(before) >= BETWEEN_LINES);
        if is_time {
            self.logged = Some(now);
        }
        is_time
    }
}

type Counted = Arc<Mutex<Remounts>>;

pub fn router<S>() -> Router<S> {
    Router::new().route("/{reason}", post(note)).with_state(Counted::default())
}

async fn note(State(counted): State<Counted>, Path(reason): Path<String>) -> Result<StatusCode, AppError> {
    let reason = Reason::of(&reason).ok_or(AppError::NotFound)?;
    let mut remounts = counted.lock().unwrap_or_else(PoisonError::into_inner);
    if remounts.count(reason, Instant::now()) {
        let Remounts { altered, trapped, .. } = *remounts;
        tracing::warn!(
            altered,
            trapped,
            "pages were mounted anew instead of hydrated, so many since the start"
        );
    }
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remounts_are_all_counted_and_logged_once_a_minute() {
        let mut remounts = Remounts::default();
        let start = Instant::now();
        assert!(remounts.count(Reason::Altered, start));
        for _ in 0..100 {
            assert!(!remounts.count(Reason::Trapped, start + BETWEEN_LINES / 2));
        }
        assert!(remounts.count(Reason::Trapped, start + BETWEEN_LINES));
        assert_eq!((remounts.altered, remounts.trapped), (1, 101));
    }
}
