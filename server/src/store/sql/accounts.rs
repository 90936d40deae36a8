use std::collections::HashMap;

use async_trait::async_trait;
use domain::{
    id::{DeviceId, PersonId},
    person::{Person, Role},
    time::Millis,
};
use uuid::Uuid;

use super::{Columns, Connection, Dialect, SqlStore, Statement, Value, rows};
use crate::store::{AccountStore, Invite, Joined, SecretHash, StoreError, StoreResult};

#[async_trait]
impl<D: Dialect> AccountStore for SqlStore<D> {
    async fn has_admin(&self) -> StoreResult<bool> {
        // What looks so is read: a name may look like anything.
        let likely = "SELECT state FROM things WHERE kind = 'person' AND state LIKE '%\"role\":\"admin\"%'";
        for row in &self.reading().await?.all(Statement::new(likely)).await? {
            if rows::typed(row, "a person").is_ok_and(|person: Person| person.role == Role::Admin) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn add_invite(&self, invite: &Invite) -> StoreResult<()> {
        let add = Statement::new(
            "INSERT INTO invites (id, code_hash, link_hash, role, uses_left, expires_at, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(invite.id)
        .bind(invite.code)
        .bind(invite.link)
        .bind(invite.role.key())
        .bind(invite.uses_left)
        .bind(invite.expires_at.0)
        .bind(invite.created_at.0);
        self.write(add).await
    }

    async fn find_invite(&self, secret: &SecretHash, now: Millis) -> StoreResult<Option<Invite>> {
        let usable = Statement::new(
            "SELECT * FROM invites WHERE (code_hash = ?1 OR link_hash = ?1) AND uses_left > 0 AND expires_at > ?2",
        )
        .bind(*secret)
        .bind(now.0);
        self.reading().await?.first(usable).await?.as_ref().map(invite).transpose()
    }

    async fn join(&self, invite: Uuid, joined: &Joined) -> StoreResult<bool> {
        let mut tx = self.writing().await?;
        let uses = Statement::new(
            "UPDATE invites SET uses_left = uses_left - 1 WHERE id = ? AND uses_left > 0 AND expires_at > ?",
        )
        .bind(invite)
        .bind(joined.at.0);
        if tx.run(uses).await? == 0 {
            return Ok(false);
        }
        tx.run(device(joined.device, joined.person, joined.push_token, joined.at)).await?;
        tx.run(session(joined.session, joined.person, joined.at)).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn add_device(
        &self,
        id: DeviceId,
        person: PersonId,
        push_token: &SecretHash,
        at: Millis,
    ) -> StoreResult<()> {
        self.write(device(id, person, *push_token, at)).await
    }

    async fn add_device_again(
        &self,
        id: DeviceId,
        person: PersonId,
        push_token: &SecretHash,
        at: Millis,
    ) -> StoreResult<()> {
        let mut again = device(id, person, *push_token, at);
        // What it has sent under another credential has made it known already.
        again.push(
            " ON CONFLICT (id) DO UPDATE SET push_token_hash = excluded.push_token_hash
             WHERE devices.person = excluded.person AND devices.push_token_hash IS NULL",
        );
        self.write(again).await
    }

    async fn add_session(&self, token: &SecretHash, person: PersonId, at: Millis) -> StoreResult<bool> {
        let mut again = session(*token, person, at);
        again.push(" ON CONFLICT DO NOTHING");
        self.write(again).await?;
        Ok(self.person_of_session(token).await? == Some(person))
    }

    async fn people_of_sessions(&self, tokens: &[SecretHash]) -> StoreResult<HashMap<SecretHash, PersonId>> {
        let open =
            "SELECT token_hash AS secret, person FROM sessions WHERE ended_at IS NULL AND token_hash IN ";
        self.people_by(open, tokens).await
    }

    async fn people_of_push_tokens(
        &self,
        tokens: &[SecretHash],
    ) -> StoreResult<HashMap<SecretHash, PersonId>> {
        let known = "SELECT push_token_hash AS secret, person FROM devices WHERE push_token_hash IN ";
        self.people_by(known, tokens).await
    }

    async fn end_session(&self, token: &SecretHash, at: Millis) -> StoreResult<()> {
        let end = Statement::new("UPDATE sessions SET ended_at = ? WHERE token_hash = ?");
        self.write(end.bind(at.0).bind(*token)).await
    }
}

impl<D: Dialect> SqlStore<D> {
    /// By secret, whose they are. `owners` asks for `secret` and `person` and ends before the list of secrets.
    async fn people_by(
        &self,
        owners: &'static str,
        secrets: &[SecretHash],
    ) -> StoreResult<HashMap<SecretHash, PersonId>> {
        let mut query = Statement::new(owners);
        query.push_list(secrets.iter().copied());
        let found = self.reading().await?.all(query).await?;
        found.iter().map(owner).collect()
    }
}

/// Columns: secret, person.
fn owner(row: &impl Columns) -> StoreResult<(SecretHash, PersonId)> {
    let secret = rows::fixed(row.bytes("secret")?, "a secret").map(SecretHash)?;
    Ok((secret, rows::person_id(row, "person")?))
}

impl From<SecretHash> for Value {
    fn from(secret: SecretHash) -> Self {
        secret.0.to_vec().into()
    }
}

fn device(id: DeviceId, person: PersonId, push_token: SecretHash, at: Millis) -> Statement {
    Statement::new("INSERT INTO devices (id, person, push_token_hash, created_at) VALUES (?, ?, ?, ?)")
        .bind(id.uuid())
        .bind(person.uuid())
        .bind(push_token)
        .bind(at.0)
}

fn session(token: SecretHash, person: PersonId, at: Millis) -> Statement {
    Statement::new("INSERT INTO sessions (token_hash, person, created_at) VALUES (?, ?, ?)")
        .bind(token)
        .bind(person.uuid())
        .bind(at.0)
}

fn invite(row: &impl Columns) -> StoreResult<Invite> {
    let secret = |column: &str| rows::fixed(row.bytes(column)?, "an invite").map(SecretHash);
    let role = row.text("role")?;
    Ok(Invite {
        id: rows::uuid(row, "id")?,
        code: secret("code_hash")?,
        link: secret("link_hash")?,
        role: Role::ALL
            .into_iter()
            .find(|known| known.key() == role)
            .ok_or_else(|| StoreError::corrupt("a role", role))?,
        uses_left: row.number("uses_left")?,
        expires_at: Millis(row.number("expires_at")?),
        created_at: Millis(row.number("created_at")?),
    })
}
