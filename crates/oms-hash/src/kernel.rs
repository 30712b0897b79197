//! What the scheduler needs to know of a hash.

/// Computes messages side by side.
pub(crate) trait Kernel: Sync {
    /// A message in the middle.
    type State: Send;
    /// A message at its end.
    type Output: Send;

    /// Bytes that a step takes in together: every step is a multiple of it.
    const BLOCK_LEN: usize;

    /// Messages that one worker should have at hand.
    fn width(&self) -> usize;

    /// Begins the message with this number.
    fn begin(&self, message: usize) -> Self::State;

    /// Takes in the bytes of each message: equally many, whole blocks.
    fn advance(&self, steps: &mut [Step<'_, Self::State>]);

    /// Ends a message with its last bytes, less than a block.
    fn finish(&self, state: Self::State, tail: &[u8]) -> Self::Output;
}

/// A message's part in a step.
pub(crate) struct Step<'a, S> {
    pub(crate) state: &'a mut S,
    pub(crate) bytes: &'a [u8],
}
