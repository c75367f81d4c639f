//! How much more than usual the tests with random cases try. It knows none of them.

/// From the environment: `PORTUNUS_SOAK=20` tries twenty times as much.
pub fn soak() -> usize {
    std::env::var("PORTUNUS_SOAK").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}
