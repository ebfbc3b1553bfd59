//! How much memory a JSON text takes as a tree, before there is one.

/// What an object or a list counts, since even an empty or a small one takes the memory of several values.
const CONTAINER: usize = 8;

/// At most how many values there can be in a JSON text: what follows a comma or a colon counts one, what opens eight.
pub(super) fn values_at_most(json: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (1, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => count += CONTAINER,
            b',' | b':' => count += 1,
            _ => {}
        }
    }
    count
}
