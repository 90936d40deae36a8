use async_trait::async_trait;
use domain::{
    id::{DeviceId, PersonId},
    person::Role,
    time::Millis,
};
use sqlx::{Row, sqlite::SqliteRow};
use uuid::Uuid;

use super::{SqliteStore, rows};
use crate::store::{AccountStore, Invite, Joined, SecretHash, StoreError, StoreResult};

#[async_trait]
impl AccountStore for SqliteStore {
    async fn has_admin(&self) -> StoreResult<bool> {
        let found: Option<i64> = sqlx::query_scalar(
            "SELECT 1 FROM things WHERE kind = 'person' AND state ->> 'role' = 'admin' LIMIT 1",
        )
        .fetch_optional(&self.readers)
        .await?;
        Ok(found.is_some())
    }

    async fn add_invite(&self, invite: &Invite) -> StoreResult<()> {
        sqlx::query(
            "INSERT INTO invites (id, code_hash, link_hash, role, uses_left, expires_at, created_at)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(rows::blob(invite.id))
        .bind(invite.code.0.to_vec())
        .bind(invite.link.0.to_vec())
        .bind(invite.role.key())
        .bind(i64::from(invite.uses_left))
        .bind(invite.expires_at.0)
        .bind(invite.created_at.0)
        .execute(&self.writer)
        .await?;
        Ok(())
    }

    async fn find_invite(&self, secret: &SecretHash, now: Millis) -> StoreResult<Option<Invite>> {
        let found = sqlx::query(
            "SELECT * FROM invites WHERE (code_hash = ?1 OR link_hash = ?1) AND uses_left > 0 AND expires_at > ?2",
        )
        .bind(secret.0.to_vec())
        .bind(now.0)
        .fetch_optional(&self.readers)
        .await?;
        found.as_ref().map(invite).transpose()
    }

    async fn join(&self, invite: Uuid, joined: &Joined) -> StoreResult<bool> {
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await?;
        let used = sqlx::query(
            "UPDATE invites SET uses_left = uses_left - 1 WHERE id = ? AND uses_left > 0 AND expires_at > ?",
        )
        .bind(rows::blob(invite))
        .bind(joined.at.0)
        .execute(&mut *tx)
        .await?;
        if used.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query("INSERT INTO devices (id, person, push_token_hash, created_at) VALUES (?, ?, ?, ?)")
            .bind(rows::blob(joined.device.uuid()))
            .bind(rows::blob(joined.person.uuid()))
            .bind(joined.push_token.0.to_vec())
            .bind(joined.at.0)
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO sessions (token_hash, person, created_at) VALUES (?, ?, ?)")
            .bind(joined.session.0.to_vec())
            .bind(rows::blob(joined.person.uuid()))
            .bind(joined.at.0)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn add_device(
        &self,
        device: DeviceId,
        person: PersonId,
        push_token: &SecretHash,
        at: Millis,
    ) -> StoreResult<()> {
        sqlx::query("INSERT INTO devices (id, person, push_token_hash, created_at) VALUES (?, ?, ?, ?)")
            .bind(rows::blob(device.uuid()))
            .bind(rows::blob(person.uuid()))
            .bind(push_token.0.to_vec())
            .bind(at.0)
            .execute(&self.writer)
            .await?;
        Ok(())
    }

    async fn person_of_session(&self, token: &SecretHash) -> StoreResult<Option<PersonId>> {
        let found = sqlx::query("SELECT person FROM sessions WHERE token_hash = ?")
            .bind(token.0.to_vec())
            .fetch_optional(&self.readers)
            .await?;
        found.map(|row| rows::person_id(&row, "person")).transpose()
    }

    async fn person_of_push_token(&self, token: &SecretHash) -> StoreResult<Option<PersonId>> {
        let found = sqlx::query("SELECT person FROM devices WHERE push_token_hash = ?")
            .bind(token.0.to_vec())
            .fetch_optional(&self.readers)
            .await?;
        found.map(|row| rows::person_id(&row, "person")).transpose()
    }

    async fn end_session(&self, token: &SecretHash) -> StoreResult<()> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = ?")
            .bind(token.0.to_vec())
            .execute(&self.writer)
            .await?;
        Ok(())
    }
}

fn invite(row: &SqliteRow) -> StoreResult<Invite> {
    let secret = |column: &str| -> StoreResult<SecretHash> {
        let bytes: Vec<u8> = row.try_get(column)?;
        bytes.try_into().map(SecretHash).map_err(|_| StoreError::corrupt("an invite", column))
    };
    let id: Vec<u8> = row.try_get("id")?;
    let role: &str = row.try_get("role")?;
    Ok(Invite {
        id: Uuid::from_slice(&id).map_err(|error| StoreError::corrupt("an id", error))?,
        code: secret("code_hash")?,
        link: secret("link_hash")?,
        role: Role::ALL
            .into_iter()
            .find(|known| known.key() == role)
            .ok_or_else(|| StoreError::corrupt("a role", role))?,
        uses_left: row.try_get::<i64, _>("uses_left")? as u32,
        expires_at: Millis(row.try_get("expires_at")?),
        created_at: Millis(row.try_get("created_at")?),
    })
}
