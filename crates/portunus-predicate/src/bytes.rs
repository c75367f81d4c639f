//! Comparing short runs of bytes, which names and ids are, without the call that comparing long ones is.

/// Whether they are the same.
#[inline(always)]
pub(crate) fn same(left: &[u8], right: &[u8]) -> bool {
    if left.len() != right.len() {
        return false;
    }
    match left.len() {
        8..=16 => {
            left.first_chunk::<8>() == right.first_chunk() && left.last_chunk::<8>() == right.last_chunk()
        }
        4..8 => {
            left.first_chunk::<4>() == right.first_chunk() && left.last_chunk::<4>() == right.last_chunk()
        }
        2..4 => left.first_chunk::<2>() == right.first_chunk() && left.last() == right.last(),
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn bytes_are_the_same_only_if_each_is() {
        let bytes: Vec<u8> = (0..40).collect();
        for length in 0..=bytes.len() {
            assert!(same(&bytes[..length], &bytes.clone()[..length]), "{length}");
            assert!(length == 0 || !same(&bytes[..length], &bytes[..length - 1]), "{length}");
            for place in 0..length {
                let mut other = bytes.clone();
                other[place] ^= 1;
                assert!(!same(&bytes[..length], &other[..length]), "{length} at {place}");
            }
        }
    }
}
