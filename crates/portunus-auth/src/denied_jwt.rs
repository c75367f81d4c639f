//! JWTs that are refused before their end: what the store keeps of them, until it has come. It knows nothing of who may
//! refuse one.

use crate::mac::digest;
use crate::{Result, base64url};
use portunus_scope::{DatabaseId, SystemCollection, Timestamp, TreeReader, TreeWriter, Value};
use std::time::Duration;

/// How much longer a JWT is remembered than it says that it is good for: the leeway of any provider, and as much as a clock
/// is likely to be set back by.
const REMEMBERED_AFTER: Duration = Duration::from_secs(3_600);

/// Whether the JWT of this id, of the provider of this number, is refused.
///
/// # Errors
/// As every read of the store.
pub(crate) fn is_denied(
    reader: &TreeReader,
    database: DatabaseId,
    provider: u32,
    token_id: &str,
) -> Result<bool> {
    let id = denied_id(provider, token_id);
    Ok(reader.unfiltered_system_get(database, SystemCollection::DeniedJwt, &id)?.is_some())
}

/// Refuses the JWT of this id from now on. `until` is when it ends by itself.
pub(crate) fn deny(
    writer: &mut TreeWriter,
    database: DatabaseId,
    provider: u32,
    token_id: &str,
    until: Timestamp,
) -> Result<()> {
    let id = denied_id(provider, token_id);
    let kept = writer.unfiltered_system_get(database, SystemCollection::DeniedJwt, &id)?;
    let kept = kept.and_then(|document| document.expires_at());
    let until = until.max(writer.now()).saturating_add(REMEMBERED_AFTER);
    // What was denied for longer stays so.
    let until = kept.map_or(until, |kept| kept.max(until));
    let denied = SystemCollection::DeniedJwt;
    Ok(writer.unfiltered_system_put_until(database, denied, &id, &Value::Null, until)?)
}

/// What stands for the id of a JWT where that may be written down.
pub(crate) fn fingerprint(token_id: &str) -> String {
    base64url::encode(&digest(&[token_id.as_bytes()]))
}

fn denied_id(provider: u32, token_id: &str) -> String {
    format!("{provider:08x}:{}", fingerprint(token_id))
}
