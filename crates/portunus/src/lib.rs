//! An embedded transactional document database in which no data is touched without a secret.
