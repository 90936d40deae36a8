use std::{future::Future, io::IsTerminal, net::SocketAddr, sync::Arc, time::Duration};

use domain::person::Role;
use tokio::{net::TcpListener, signal, sync::watch};
use tracing_subscriber::EnvFilter;

use super::{CommandError, Done, demo, invite, open_media, open_store};
use crate::{
    backup::Kept,
    clock,
    config::Config,
    credentials::Credentials,
    http::{self, Guesses, Server},
    last_position::LastPosition,
    media::Media,
    secrets,
    site::Site,
    store::{Store, StoreResult},
    writer::Writer,
};

/// How long requests under way may take once the server has been asked to stop.
const FAREWELL: Duration = Duration::from_secs(5);
const SWEEP_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

pub async fn run(config: Config, with_demo: bool) -> Done {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,tower_http=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let site = Site::embedded()?;
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| CommandError::Told(format!("cannot listen on {}: {error}", config.listen)))?;
    serve(config, listener, site, with_demo, asked_to_stop()).await
}

/// Serves until `stop` is done, and then lets the requests under way finish.
pub async fn serve(
    mut config: Config,
    listener: TcpListener,
    site: Site,
    with_demo: bool,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Done {
    let store = open_store(&config).await?;
    // Port 0 asks for any: links name the one that was given.
    config.listen = listener.local_addr()?;
    let assets = config.data.join("assets");
    let site = site.with_earlier(assets.clone()).map_err(|error| CommandError::File(assets, error))?;
    let media = open_media(&config)?;
    tokio::spawn(sweep(media.clone()));
    let (stopping, mut stopped) = watch::channel(());
    let key = secrets::signing_key(&config.data)?;
    let last_position = LastPosition::new(&config.data, key.clone());
    notice_rollback(store.as_ref(), &last_position).await?;
    let writer = Writer::start(store.clone());
    let position = writer.position();
    tokio::spawn(last_position.clone().follow(position.clone()));
    let server = Server {
        key,
        writer,
        credentials: Credentials::start(store.clone()),
        store: store.clone(),
        media: media.clone(),
        site: Arc::new(site),
        config: Arc::new(config.clone()),
        guesses: Arc::new(Guesses::default()),
        stopping: stopped.clone(),
    };
    config.leave_url().map_err(|error| CommandError::File(config.data.clone(), error))?;
    println!("Solsken is at {}", config.url());
    if with_demo {
        demo::load(&store).await?;
        demo::print_links(&store, &config).await?;
    } else if !store.has_admin().await? {
        println!("\nNobody has joined yet. This link makes the first administrator, once:\n");
        invite::print(&invite::make(store.as_ref(), Role::Admin, 1, invite::DAYS).await?, &config);
    }
    let app = http::router(server).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, app).with_graceful_shutdown(async move {
        stop.await;
        tracing::info!("stopping");
        drop(stopping);
    });
    let farewell = async {
        let _ = stopped.changed().await;
        tokio::time::sleep(FAREWELL).await;
    };
    let backups = async {
        match &config.backups {
            Some(schedule) => {
                schedule.keep(Kept { store: store.as_ref(), media: &media, data: &config.data }).await
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        served = serving.into_future() => served?,
        () = farewell => {}
        () = backups => {}
    }
    let latest = *position.borrow();
    last_position.note(latest).await;
    store.close().await;
    Ok(())
}

/// Begins a new epoch if the database was put back to an earlier state while no server ran.
async fn notice_rollback(store: &dyn Store, last_position: &LastPosition) -> StoreResult<()> {
    if let Some(position) = last_position.read() {
        let epoch = clock::epoch_after(store.head().await?.epoch);
        store.begin_epoch_if_rolled_back(&[position], epoch).await?;
    }
    last_position.note(Some(store.head().await?.into())).await;
    Ok(())
}

/// Throws away now and then what was begun to be sent and never was.
async fn sweep(media: Media) {
    loop {
        if let Err(error) = media.sweep().await {
            tracing::warn!(%error, "uploads that were abandoned are still there");
        }
        tokio::time::sleep(SWEEP_EVERY).await;
    }
}

/// Ctrl-C, or SIGTERM where there are signals.
async fn asked_to_stop() {
    let interrupt = async {
        // Without a handler the process would simply end, which is as good.
        let _ = signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match signal::unix::signal(signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}
