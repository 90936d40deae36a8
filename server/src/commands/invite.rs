use clap::{Args, ValueEnum};
use domain::{person::Role, time::Millis};
use qrcode::{QrCode, render::unicode};

use super::{Done, open_store};
use crate::{
    clock,
    config::Config,
    secrets,
    store::{Invite, Store, StoreResult},
};

/// Days that an invite lasts, unless told otherwise.
pub const DAYS: u32 = 14;
const MILLIS_A_DAY: i64 = 24 * 60 * 60 * 1000;

#[derive(Args, Debug)]
pub struct MakeInvite {
    /// What those who join may do.
    #[arg(long, value_enum)]
    role: RoleFlag,
    /// How many may join with it.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    uses: u32,
    /// How many days it lasts.
    #[arg(long, default_value_t = DAYS, value_parser = clap::value_parser!(u32).range(1..=365))]
    days: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum RoleFlag {
    Member,
    Curator,
    Admin,
}

impl From<RoleFlag> for Role {
    fn from(flag: RoleFlag) -> Self {
        match flag {
            RoleFlag::Member => Self::Member,
            RoleFlag::Curator => Self::Curator,
            RoleFlag::Admin => Self::Admin,
        }
    }
}

impl MakeInvite {
    pub async fn run(self, config: &Config) -> Done {
        let store = open_store(config).await?;
        let config = config.clone().with_last_url();
        print(&make(store.as_ref(), self.role.into(), self.uses, self.days).await?, &config);
        Ok(())
    }
}

/// An invite as it is handed out. Only hashes of these stay behind.
pub struct Handout {
    pub code: String,
    pub secret: String,
}

impl Handout {
    /// The secret stands behind the `#`: it reaches no server log.
    pub fn link(&self, config: &Config) -> String {
        format!("{}/ga-med#{}", config.url(), self.secret)
    }
}

pub async fn make(store: &dyn Store, role: Role, uses: u32, days: u32) -> StoreResult<Handout> {
    let handout = Handout { code: secrets::code(), secret: secrets::link_secret() };
    let now = clock::now();
    let invite = Invite {
        id: uuid::Builder::from_random_bytes(clock::random()).into_uuid(),
        code: secrets::hash(&handout.code),
        link: secrets::hash(&handout.secret),
        role,
        uses_left: uses,
        expires_at: Millis(now.0 + i64::from(days) * MILLIS_A_DAY),
        created_at: now,
    };
    store.add_invite(&invite).await?;
    Ok(handout)
}

pub fn print(handout: &Handout, config: &Config) {
    let link = handout.link(config);
    println!("  {link}\n");
    if let Ok(code) = QrCode::new(&link) {
        println!("{}\n", code.render::<unicode::Dense1x2>().quiet_zone(true).build());
    }
    println!("  or type the code {} at {}\n", handout.code, config.url());
}
