//! What can be chosen when an engine is opened, and the limits that cannot.

use std::time::Duration;

/// The most bytes a key may have.
pub const KEY_BYTES_MAX: usize = 1024;

/// The most bytes a value may have: the largest document, and room for its stored form.
pub const VALUE_BYTES_MAX: usize = 12 * 1024 * 1024;

/// What can be chosen when an engine is opened.
///
/// ```
/// use portunus_storage::EngineOptions;
/// let options = EngineOptions { transaction_bytes_max: 1024, ..EngineOptions::default() };
/// let engine = portunus_storage::memory(options)?;
/// let mut transaction = engine.begin_write()?;
/// assert!(transaction.put(b"key", &[0; 2048]).is_err());
/// # Ok::<(), portunus_storage::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EngineOptions {
    /// Whether a key is *watched*: a commit that writes or removes a watched key raises [`Engine::epoch`](crate::Engine::epoch).
    pub watch: fn(&[u8]) -> bool,
    /// How long a snapshot may be read after a later commit has replaced it. With zero, a snapshot has expired before
    /// the commit that replaces it is acknowledged.
    pub reader_deadline: Duration,
    /// The most memory for the window of recent commits that reads are validated against.
    pub window_bytes_max: usize,
    /// The most bytes of keys and values that one transaction may write.
    pub transaction_bytes_max: usize,
    /// The most memory for what one transaction remembers of its reads.
    pub read_set_bytes_max: usize,
    /// Memory for the page cache of an engine with a file.
    pub cache_bytes: usize,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            watch: |_| false,
            reader_deadline: Duration::from_secs(60),
            window_bytes_max: 64 * 1024 * 1024,
            transaction_bytes_max: 16 * 1024 * 1024,
            read_set_bytes_max: 64 * 1024 * 1024,
            cache_bytes: 256 * 1024 * 1024,
        }
    }
}
