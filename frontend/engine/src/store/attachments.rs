//! Photos and voice notes in the store: a row each, and its bytes beside it in parts.

use domain::{draft::Draft, id::AttachmentId, sync::upload::AttachmentRow};
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::{ATTACHMENTS, BYTES, DRAFTS, Result, Store, StoreError, optional, put, rows};
use crate::idb::{Mode, Tx, between};

impl Store {
    /// All of them, in the order in which they were taken.
    pub async fn attachments(&self) -> Result<Vec<AttachmentRow>> {
        let tx = self.begin(&[ATTACHMENTS], Mode::Read).await?;
        rows(tx.all(ATTACHMENTS, None)?.values().await?)
    }

    pub async fn attachment(&self, id: AttachmentId) -> Result<Option<AttachmentRow>> {
        let tx = self.begin(&[ATTACHMENTS], Mode::Read).await?;
        optional(&tx.get(ATTACHMENTS, &id.to_string().into())?.value().await?)
    }

    /// Changes a row as it then is, if it is there. The row as it was written.
    pub async fn change_attachment(
        &self,
        id: AttachmentId,
        change: impl FnOnce(&mut AttachmentRow),
    ) -> Result<Option<AttachmentRow>> {
        let tx = self.begin(&[ATTACHMENTS], Mode::Write).await?;
        let key = id.to_string();
        let mut row: Option<AttachmentRow> =
            optional(&tx.get(ATTACHMENTS, &key.as_str().into())?.value().await?)?;
        if let Some(row) = &mut row {
            change(row);
            put(&tx, ATTACHMENTS, &key, row)?;
        }
        tx.complete().await?;
        Ok(row)
    }

    /// Keeps a row and the last part of its bytes, and the draft that it is for, if that is not kept yet: all or
    /// nothing. Nothing, and `false`, if it was finished meanwhile.
    pub async fn attach(&self, row: &AttachmentRow, part: &[u8], draft: Option<&Draft>) -> Result<bool> {
        let tx = self.begin(&[ATTACHMENTS, BYTES, DRAFTS], Mode::Write).await?;
        let key = row.attachment.id.to_string();
        let before: Option<AttachmentRow> =
            optional(&tx.get(ATTACHMENTS, &key.as_str().into())?.value().await?)?;
        if before.is_some_and(|before| before.finished) {
            tx.complete().await?;
            return Ok(false);
        }
        if let Some(draft) = draft {
            let known: Option<Draft> =
                optional(&tx.get(DRAFTS, &super::draft_key(draft.id))?.value().await?)?;
            if known.is_none() {
                let first = Draft { version: draft.version + 1, ..draft.clone() };
                put(&tx, DRAFTS, &draft.id.to_string(), &first)?;
            }
        }
        let id = row.attachment.id;
        put(&tx, ATTACHMENTS, &id.to_string(), row)?;
        if row.parts > 0 {
            // A buffer, never a file: Safari loses files that lie in a database.
            tx.put(BYTES, &part_key(id, row.parts - 1).into(), &Uint8Array::from(part).buffer())?;
        }
        tx.complete().await?;
        Ok(true)
    }

    /// All bytes of an attachment; fewer than its row says if some were lost.
    pub async fn attached_bytes(&self, id: AttachmentId) -> Result<Vec<u8>> {
        let tx = self.begin(&[BYTES], Mode::Read).await?;
        let parts = tx.all(BYTES, Some(&parts(id)?))?.values().await?;
        let buffers = parts.iter().filter_map(|part| part.dyn_into::<ArrayBuffer>().ok());
        Ok(buffers.flat_map(|buffer| Uint8Array::new(&buffer).to_vec()).collect())
    }

    pub async fn drop_attachments(&self, ids: &[AttachmentId]) -> Result<()> {
        if ids.is_empty() {
            return Ok(());
        }
        let tx = self.begin(&[ATTACHMENTS, BYTES], Mode::Write).await?;
        for id in ids {
            drop_attachment(&tx, *id)?;
        }
        Ok(tx.complete().await?)
    }
}

pub fn drop_attachment(tx: &Tx, id: AttachmentId) -> Result<()> {
    tx.delete(ATTACHMENTS, &id.to_string().into())?;
    Ok(tx.delete(BYTES, &JsValue::from(parts(id)?))?)
}

fn part_key(id: AttachmentId, part: u32) -> String {
    format!("{id}/{part:05}")
}

fn parts(id: AttachmentId) -> std::result::Result<web_sys::IdbKeyRange, StoreError> {
    Ok(between(&part_key(id, 0).into(), &part_key(id, 99_999).into())?)
}
