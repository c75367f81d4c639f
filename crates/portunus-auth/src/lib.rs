//! From a secret to a principal to a filtered view. Knows nothing of keys in a store or of bytes of documents.

mod base62;
mod base64url;
mod cursor;
mod denied_jwt;
mod error;
mod error_kind;
mod fields;
mod judge;
mod jwks;
mod jwt;
mod kept;
mod mac;
mod name;
mod numbered;
mod public_id;
mod random;
mod resource;
mod rights;
mod role;
mod role_definition;
mod rule;
mod secret;
mod secret_scope;
mod sight;

mod password;
mod throttle;

mod audit;
mod backup;
mod credential_record;
mod explain;
mod gate;
mod key_record;
mod lease;
mod lint;
mod login;
mod open;
mod policy;
mod policy_test;
mod principal;
mod procedure;
mod procedure_record;
mod provider;
mod provider_record;
mod refusal;
mod role_book;
mod role_changes;
mod role_record;
mod role_set;
mod role_version;
mod route;
mod thing;
mod token_record;
mod token_use;
mod value_limit;
mod view;
mod weighing;

pub use audit::{AuditSettings, AuthStats};
pub use cursor::Cursor;
pub use error::{Error, Result};
pub use error_kind::ErrorKind;
pub use explain::{
    Answer, Deed, EXPLAINED_MAX, ExplainedPart, ExplainedRight, ExplainedRole, ExplainedRule, Explanation,
    GrantTerms, IdentityCan, Obstacle, Reachable, RoleCan, RoleReason, RoleSource, Terms, Verdict,
    WHO_CAN_IDENTITIES_MAX, WHO_CLAIMS_BYTES_MAX, WHO_ROLES_MAX, Who, WhoCan,
};
pub use fields::{FIELDS_MAX, Fields};
pub use gate::{Gate, GateOptions};
#[cfg(feature = "jwks-http")]
pub use jwks::HttpJwks;
pub use jwks::{JwksError, JwksOptions, JwksSource, JwksStats};
pub use jwt::{
    Algorithm, JWT_LEEWAY_MAX, JwtClaims, JwtFault, JwtRules, KEY_SET_BYTES_MAX, KeySet, UnverifiedJwt,
};
pub use lint::{Finding, Severity};
pub use login::{By, LOGIN_SOURCE_BYTES_MAX, Login, RefreshTerms, SESSION_TTL, SESSION_TTL_MAX, Session, by};
pub use password::{
    HashParameters, PASSWORD_BYTES_MAX, PASSWORD_BYTES_MIN, PASSWORD_HASH_BYTES_MAX, Password, PasswordHash,
    PasswordPolicy, REFUSED_PASSWORDS_MAX,
};
pub use policy_test::{
    POLICY_DOCUMENTS_MAX, POLICY_EXPECTATIONS_MAX, POLICY_INSTANTS_MAX, POLICY_TEST_AT, PartCoverage,
    PolicyCoverage, PolicyOutcome, PolicyReport, PolicyTest, RuleCoverage, Seen,
};
pub use principal::{Identity, Principal, PrincipalKind};
pub use procedure::{Call, Procedure};
pub use provider::{
    AUDIENCE_BYTES_MAX, AUDIENCES_MAX, GivenRole, INLINE_KEYS_BYTES_MAX, ISSUER_BYTES_MAX, IdentityMapping,
    PROVIDER_NAME_BYTES_MAX, PROVIDER_ROLES_MAX, PROVIDERS_MAX, Provider,
};
pub use public_id::PublicId;
pub use resource::{Action, Decision, Resource};
pub use role::{BuiltInRole, ROLE_NAME_BYTES_MAX, RoleName};
pub use role_changes::{Extent, Fate, PartChange, RoleChange, RoleEntry, RolePart};
pub use role_definition::{Membership, On, Privilege, Role};
pub use role_set::RoleSet;
pub use secret::Secret;
pub use secret_scope::SecretScope;
pub use throttle::ThrottleLimits;
pub use token_record::TOKENS_OF_IDENTITY_MAX;
pub use view::{
    AUDIT_RECORDS_MAX, Addition, AuditChain, AuditQuery, AuditRecord, Change, CreatedKey, CreatedToken,
    CredentialInfo, DatabaseInfo, FILTER_ARGS_BYTES_MAX, KEY_NAME_BYTES_MAX, Key, Logout,
    MEMBER_COLLECTIONS_MAX, NamedPredicate, NewKey, NewToken, ONCE_REMEMBERED, ONCE_TOKEN_BYTES_MAX,
    PAGE_DOCUMENTS_MAX, PREDICATE_PARAMETERS_MAX, PRIVILEGES_MAX, Page, PlanRange, PlanRanges, ProcedureInfo,
    ProviderInfo, Query, QueryPlan, ROLE_VERSIONS_MAX, ROLES_MAX, ROLES_OF_COLLECTION_MAX, ReadView,
    RoleVersion, SORT_DOCUMENTS_MAX, SORT_FIELDS_MAX, SORT_KEY_BYTES_MAX, Sessions, Sort,
    TOKEN_DATA_BYTES_MAX, Token, WriteView,
};

// What the views take and give. Nothing that reads or writes a store is among it.
pub use portunus_scope::{
    ArrayRef, BackupSummary, BuildProgress, CheckReport, Clock, Collection, Compaction, DEPTH_MAX,
    DOCUMENT_BYTES_MAX, DOCUMENT_ID_BYTES_MAX, DatabasePath, Document, DocumentRef, Durability, EngineStats,
    Expiry, Field, FieldPath, Index, ManualClock, NAME_BYTES_MAX, Object, ObjectRef, OpenEngine, Order,
    PATH_SEGMENTS_MAX, Segment, SystemClock, Timestamp, TreeOptions, Type, Value, ValueRef, Version, compare,
    from_value, to_value,
};
