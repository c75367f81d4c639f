//! What a refresh token is good for in one state of the store. It opens nothing; what it is exchanged for is decided
//! elsewhere.

use super::proof::Claim;
use super::{Opened, Opener, place, resolve};
use crate::Secret;
use crate::credential_record::CredentialRecord;
use crate::refusal::Refusal;
use crate::secret::SecretParts;
use crate::token_record::{Purpose, Renewals, TokenRecord};
use portunus_scope::TreeReader;

/// What a refresh token is good for.
pub(crate) enum Renewal {
    /// The next pair of tokens.
    Due(TokenRecord, Renewals),
    /// Nothing, and its login shall end: it was used before. This is the record of the one that is good now.
    Reused(TokenRecord),
}

impl Opener {
    /// What a refresh token is good for in the state that `reader` sees.
    ///
    /// # Errors
    /// That it is refused; as every read of the store.
    pub(crate) fn renewal(&self, reader: &TreeReader, secret: &Secret) -> Opened<Renewal> {
        let Some(parts) = secret.parts() else {
            // The work of those that can be read, so that only the missing look-up tells them apart.
            std::hint::black_box(SecretParts::proof_of_none(self.keys()));
            return Err(Refusal::Malformed.of(None));
        };
        let claim = Claim { parts, tag: parts.proof(self.keys()) };
        let (record, is_present) = claim.login(reader, &self.no_key)?;
        let refuse = |refusal: Refusal| refusal.in_database(record.id, record.database);
        let Purpose::Refresh(renewals) = record.purpose else { return Err(refuse(Refusal::Unknown)) };
        if !is_present {
            // Nobody can guess what the secrets of a login have in common: it has been the present one.
            let was_it = parts.proof_of_login(self.keys()) == renewals.login_tag;
            return if was_it { Ok(Renewal::Reused(record)) } else { Err(refuse(Refusal::Wrong)) };
        }
        if !record.is_alive(reader.now()) {
            return Err(refuse(Refusal::Expired));
        }
        place::check(reader, record.database, &[record.database], record.id)?;
        let (database, collection) = (record.database, record.collection);
        resolve::alive(reader, database, collection, &record.document)?
            .ok_or_else(|| refuse(Refusal::Identity))?;
        let credential = CredentialRecord::find(reader, database, collection, &record.document)?;
        if credential.is_none_or(|credential| credential.disabled) {
            return Err(refuse(Refusal::Credential));
        }
        Ok(Renewal::Due(record, renewals))
    }
}
