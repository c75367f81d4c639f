//! An embedded transactional document database in which no data is touched without a secret.
//!
//! A transaction begins with a [`Secret`]. It settles in which database of the tree the closure works and what its view
//! holds; that much is there for the closure, and a commit stands only if the secret still opened it then.
//!
//! ```rust,standalone_crate
//! # let folder = tempfile::tempdir()?;
//! # std::env::set_current_dir(&folder)?;
//! use portunus::{Collection, NewKey, Portunus};
//! use serde_json::json;
//!
//! let (db, admin) = Portunus::create("notes.portunus")?; // a new file, and its first key
//! let app = db.write(&admin, |tx| {
//!     tx.define(Collection::new("notes").index(["owner"]))?;
//!     tx.create("notes", json!({"owner": "ann", "text": "hello"}))?;
//!     tx.create_key(NewKey::new("server-readonly"))
//! })?;
//! let hers = db.read(&app.secret, |tx| tx.query("notes").index("owner").equal(["ann"]).documents())?;
//! assert_eq!(hers.len(), 1);
//! assert!(db.write(&app.secret, |tx| tx.create("notes", json!({}))).is_err()); // this key only reads
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod backup;
mod builder;
mod procedure;
mod retry;
mod sessions;
mod store;
mod sweeper;

pub use builder::Builder;
pub use procedure::Call;
pub use store::Portunus;

// The parts of the layers below that an application meets. None of them reads or writes a store without a secret.
#[cfg(feature = "jwks-http")]
pub use portunus_auth::HttpJwks;
pub use portunus_auth::{
    AUDIENCE_BYTES_MAX, AUDIENCES_MAX, AUDIT_RECORDS_MAX, Action, Addition, Algorithm, Answer, ArrayRef,
    AuditChain, AuditQuery, AuditRecord, AuditSettings, AuthStats, BackupSummary, BuildProgress, BuiltInRole,
    By, Change, CheckReport, Clock, Collection, Compaction, CreatedKey, CreatedToken, CredentialInfo, Cursor,
    DEPTH_MAX, DOCUMENT_BYTES_MAX, DOCUMENT_ID_BYTES_MAX, DatabaseInfo, DatabasePath, Decision, Deed,
    Document, DocumentRef, Durability, EXPLAINED_MAX, EngineStats, Error, ErrorKind, Expiry, ExplainedPart,
    ExplainedRight, ExplainedRole, ExplainedRule, Explanation, Extent, FIELDS_MAX, FILTER_ARGS_BYTES_MAX,
    Fate, Field, FieldPath, Fields, Finding, GivenRole, GrantTerms, HashParameters, INLINE_KEYS_BYTES_MAX,
    ISSUER_BYTES_MAX, Identity, IdentityCan, IdentityMapping, Index, JWT_LEEWAY_MAX, JwksError, JwksOptions,
    JwksSource, JwksStats, KEY_NAME_BYTES_MAX, KEY_SET_BYTES_MAX, Key, LOGIN_SOURCE_BYTES_MAX, Login, Logout,
    MEMBER_COLLECTIONS_MAX, ManualClock, Membership, NAME_BYTES_MAX, NamedPredicate, NewKey, NewToken,
    ONCE_REMEMBERED, ONCE_TOKEN_BYTES_MAX, Object, ObjectRef, Obstacle, On, Order, PAGE_DOCUMENTS_MAX,
    PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, PASSWORD_HASH_BYTES_MAX, PATH_SEGMENTS_MAX, POLICY_DOCUMENTS_MAX,
    POLICY_EXPECTATIONS_MAX, POLICY_INSTANTS_MAX, POLICY_TEST_AT, PREDICATE_PARAMETERS_MAX, PRIVILEGES_MAX,
    PROVIDER_NAME_BYTES_MAX, PROVIDER_ROLES_MAX, PROVIDERS_MAX, Page, PartChange, PartCoverage, Password,
    PasswordHash, PasswordPolicy, PlanRange, PlanRanges, PolicyCoverage, PolicyOutcome, PolicyReport,
    PolicyTest, Principal, PrincipalKind, Privilege, ProcedureInfo, Provider, ProviderInfo, PublicId, Query,
    QueryPlan, REFUSED_PASSWORDS_MAX, ROLE_VERSIONS_MAX, ROLES_MAX, ROLES_OF_COLLECTION_MAX, Reachable,
    ReadView, RefreshTerms, Resource, Result, Role, RoleCan, RoleChange, RoleEntry, RoleName, RolePart,
    RoleReason, RoleSet, RoleSource, RoleVersion, RuleCoverage, SESSION_TTL, SESSION_TTL_MAX,
    SORT_DOCUMENTS_MAX, SORT_FIELDS_MAX, SORT_KEY_BYTES_MAX, Secret, SecretScope, Seen, Segment, Session,
    Sessions, Severity, Sort, SystemClock, TOKEN_DATA_BYTES_MAX, TOKENS_OF_IDENTITY_MAX, Terms,
    ThrottleLimits, Timestamp, Token, Type, Value, ValueRef, Verdict, WHO_CAN_IDENTITIES_MAX,
    WHO_CLAIMS_BYTES_MAX, WHO_ROLES_MAX, Who, WhoCan, WriteView, by, compare, from_value, to_value,
};

/// How people sign up, log in and out, and come from a company's identity provider.
#[doc = include_str!("../docs/sign-in.md")]
pub mod sign_in {}

/// How roles with rules are written, from what everybody writes first to what takes some thought.
#[doc = include_str!("../docs/rules.md")]
pub mod rules {}

/// What the words and idioms of Fauna, Firestore and row-level security are here, and what is different.
#[doc = include_str!("../docs/coming-from.md")]
pub mod coming_from {}
