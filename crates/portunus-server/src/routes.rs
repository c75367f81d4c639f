//! Which path asks for which operation: the one table that the router and the description of the interface are made from.
//! It knows nothing of how an operation is run.

use axum::http::Method;

/// Where the arguments of an operation are, beside the path, whose parameters are arguments too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Nowhere.
    Path,
    /// They are the members of the body.
    Members,
    /// The body is the argument of this name.
    Whole(&'static str),
}

/// A path, and the operation that it asks for.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path, with its parameters.
    pub path: &'static str,
    /// The name of the operation.
    pub operation: &'static str,
    /// Where its arguments are.
    pub input: Input,
}

/// The path of documents, which have versions, and so more ways to be written than others.
pub const DOCUMENT: &str = "/v1/collections/{collection}/documents/{id}";

const COLLECTION: &str = "/v1/collections/{collection}";
const CREDENTIAL: &str = "/v1/credentials/{collection}/{id}";

/// All paths that ask for one operation.
// over 70 lines: a table is easier to read in one piece than in two.
pub fn all() -> Vec<Route> {
    use Input::{Members, Path, Whole};
    const DELETE: Method = Method::DELETE;
    const GET: Method = Method::GET;
    const PATCH: Method = Method::PATCH;
    const POST: Method = Method::POST;
    const PUT: Method = Method::PUT;
    let table = [
        (GET, "/v1/whoami", "whoami", Path),
        (POST, "/v1/logout", "logout", Members),
        (POST, "/v1/explain", "explain", Members),
        (POST, "/v1/what-can", "what_can", Members),
        (POST, "/v1/who-can", "who_can", Members),
        (GET, "/v1/collections", "collections", Path),
        (GET, COLLECTION, "collection", Path),
        (PUT, COLLECTION, "define_collection", Whole("definition")),
        (DELETE, COLLECTION, "drop_collection", Path),
        (POST, "/v1/collections/{collection}/rename", "rename_collection", Members),
        (POST, "/v1/collections/{collection}/build-indexes", "build_indexes", Path),
        (POST, "/v1/collections/{collection}/query", "query", Members),
        (POST, "/v1/collections/{collection}/list-ids", "list_ids", Members),
        (POST, "/v1/collections/{collection}/count", "count", Members),
        (POST, "/v1/collections/{collection}/plan", "plan", Members),
        (POST, "/v1/collections/{collection}/documents", "create", Whole("value")),
        (GET, DOCUMENT, "get", Path),
        (PUT, DOCUMENT, "put", Whole("value")),
        (PATCH, DOCUMENT, "patch", Whole("patch")),
        (DELETE, DOCUMENT, "delete", Path),
        (GET, "/v1/roles", "roles", Path),
        (PUT, "/v1/roles", "apply_roles", Members),
        (POST, "/v1/roles/compare", "compare_roles", Members),
        (POST, "/v1/roles/check", "check_roles", Members),
        (DELETE, "/v1/roles/{role}", "delete_role", Path),
        (POST, "/v1/roles/{role}/rename", "rename_role", Members),
        (DELETE, "/v1/predicates/{predicate}", "delete_predicate", Path),
        (GET, "/v1/role-versions", "role_versions", Path),
        (POST, "/v1/role-versions/roll-back", "roll_back_roles", Members),
        (POST, "/v1/databases/list", "databases", Members),
        (POST, "/v1/databases/show", "database", Members),
        (POST, "/v1/databases", "create_database", Members),
        (POST, "/v1/databases/rename", "rename_database", Members),
        (POST, "/v1/databases/move", "move_database", Members),
        (POST, "/v1/databases/disable", "disable_database", Members),
        (POST, "/v1/databases/enable", "enable_database", Members),
        (POST, "/v1/databases/protect", "protect_database", Members),
        (POST, "/v1/databases/delete", "delete_database", Members),
        (GET, "/v1/keys", "keys", Path),
        (POST, "/v1/keys", "create_key", Members),
        (GET, "/v1/keys/{id}", "key", Path),
        (PUT, "/v1/keys/{id}/role", "set_key_role", Members),
        (PUT, "/v1/keys/{id}/expiry", "set_key_expiry", Members),
        (DELETE, "/v1/keys/{id}", "delete_key", Path),
        (GET, "/v1/tokens", "tokens", Path),
        (POST, "/v1/tokens", "create_token", Members),
        (POST, "/v1/tokens/list", "tokens", Members),
        (PUT, "/v1/tokens/{id}/expiry", "set_token_expiry", Members),
        (DELETE, "/v1/tokens/{id}", "delete_token", Path),
        (GET, CREDENTIAL, "credential", Path),
        (DELETE, CREDENTIAL, "delete_credential", Members),
        (POST, "/v1/credentials/{collection}/{id}/disable", "disable_credential", Members),
        (POST, "/v1/credentials/{collection}/{id}/enable", "enable_credential", Path),
        (GET, "/v1/providers", "providers", Path),
        (GET, "/v1/providers/{name}", "provider", Path),
        (PUT, "/v1/providers/{name}", "define_provider", Members),
        (DELETE, "/v1/providers/{name}", "delete_provider", Path),
        (POST, "/v1/providers/{name}/rename", "rename_provider", Members),
        (PUT, "/v1/providers/{name}/not-before", "set_provider_not_before", Members),
        (POST, "/v1/providers/{name}/deny", "deny_jwt", Members),
        (GET, "/v1/procedures", "procedures", Path),
        (PUT, "/v1/procedures/{name}", "define_procedure", Members),
        (DELETE, "/v1/procedures/{name}", "delete_procedure", Path),
        (POST, "/v1/audit", "audit", Members),
        (GET, "/v1/audit/settings", "audit_settings", Path),
        (PUT, "/v1/audit/settings", "set_audit", Members),
        (POST, "/v1/audit/verify", "verify_audit", Path),
    ];
    table
        .into_iter()
        .map(|(method, path, operation, input)| Route { method, path, operation, input })
        .collect()
}
