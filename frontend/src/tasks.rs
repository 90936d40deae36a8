//! Runs the app's tasks, until this instance of the wasm is given up.

use std::{cell::Cell, future::poll_fn, task::Poll};

use any_spawner::{CustomExecutor, Executor, PinnedFuture, PinnedLocalFuture};
use wasm_bindgen_futures::spawn_local;

thread_local! {
    static GIVEN_UP: Cell<bool> = const { Cell::new(false) };
}

/// From now on the app's tasks are run here.
pub fn start() {
    // Only a second call fails, and there is one for an instance.
    let _ = Executor::init_local_custom_executor(Tasks);
}

pub fn give_up() {
    GIVEN_UP.set(true);
}

struct Tasks;

impl CustomExecutor for Tasks {
    fn spawn(&self, task: PinnedFuture<()>) {
        self.spawn_local(task);
    }

    fn spawn_local(&self, mut task: PinnedLocalFuture<()>) {
        spawn_local(poll_fn(move |context| match GIVEN_UP.get() {
            true => Poll::Pending,
            false => task.as_mut().poll(context),
        }));
    }

    /// The browser does that.
    fn poll_local(&self) {}
}
