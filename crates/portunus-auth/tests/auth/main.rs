//! What a holder of a secret can and cannot do, through the public interface alone: one binary, a file for each subject.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::needless_pass_by_value,
    reason = "a test that meets the unexpected ends, and shows what it was at"
)]

mod acceptance;
mod acceptance_credentials;
mod acceptance_jwt;
mod acceptance_roles;
mod acceptance_rules;
mod acceptance_tokens;
mod attacks;
mod attacks_jwt;
mod attacks_roles;
mod attacks_rules;
mod audit;
mod audit_attempts;
mod audit_faults;
mod backups;
mod clocks;
mod combined;
mod credentials;
mod cursors;
mod damaged;
mod disturbed;
mod explained;
mod explained_model;
mod histories;
mod hostile;
mod hostile_rules;
mod inheritance;
mod isolation;
#[cfg(feature = "jwks-http")]
mod issuer;
mod jwt;
mod leaks;
mod leaks_jwt;
mod letting_in;
mod login;
mod login_races;
mod mint;
mod outside;
mod paired;
mod paired_rules;
mod passing;
mod people;
mod procedures;
mod provider_rules;
mod providers;
mod python;
mod queries;
mod queries_model;
mod refresh;
mod revocation;
mod revocation_jwt;
mod role_check;
mod role_sets;
mod roles_model;
mod rules;
mod same_answers;
mod scopes;
mod sights;
mod single_sign_on;
mod system_rules;
mod throttle;
mod tokens;
mod trace;
mod untold;
mod views;
mod work;
mod world;
