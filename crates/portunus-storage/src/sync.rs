//! Where what threads share comes from: locks, atomics, published pointers, channels, threads and the time that they wait by.
//! A build for shuttle takes its own in their place, and so tries the real engine in the orders it chooses. Knows nothing of
//! what is shared.
//!
//! The disks that lie below redb keep their own locks: redb holds locks while it calls them, and so they must never give way.

#[cfg(not(all(test, shuttle)))]
mod real {
    pub(crate) use arc_swap::{ArcSwap, ArcSwapOption};
    pub(crate) use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded, unbounded};
    pub(crate) use parking_lot::Mutex;
    pub(crate) use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
    pub(crate) use std::thread::{Builder, JoinHandle};
    pub(crate) use std::time::Instant;
}

#[cfg(all(test, shuttle))]
pub(crate) mod scheduled;

#[cfg(not(all(test, shuttle)))]
pub(crate) use real::*;
#[cfg(all(test, shuttle))]
pub(crate) use scheduled::*;
