//! BLAKE3, 32 bytes: a message is a tree, whose pieces go to all cores.

use blake3::hazmat::{
    ChainingValue, HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root,
};

use crate::kernel::{Kernel, Step};
use crate::{Digest, Message};

/// Bytes of a piece at least: a power of two, so that every piece but the last is a whole subtree (BLAKE3
/// specification, 2.1); 8 MiB take a few milliseconds.
const PIECE_LEN: u64 = if cfg!(any(test, fuzzing)) { 16 << 10 } else { 8 << 20 };

/// Pieces in all, about: of sparse files of exabytes they grow instead.
const MAX_PIECES: u64 = 1 << 20;

/// Messages cut into pieces.
pub(crate) struct Pieces {
    /// The pieces of all messages, one after the other.
    pub(crate) messages: Vec<Message>,
    /// How many of them belong to each message.
    counts: Vec<usize>,
    kernel: Blake3,
}

/// One hasher for each piece.
pub(crate) struct Blake3 {
    places: Vec<Place>,
}

/// Where a piece lies in its message.
#[derive(Clone, Copy)]
enum Place {
    Whole,
    At(u64),
}

pub(crate) struct State {
    hasher: Box<blake3::Hasher>,
    place: Place,
}

/// What a piece comes to.
#[derive(Clone, Copy)]
pub(crate) enum Subtree {
    Root([u8; 32]),
    Inner(ChainingValue),
}

impl Pieces {
    pub(crate) fn of(messages: &[Message]) -> Self {
        let mut pieces = Self {
            messages: Vec::with_capacity(messages.len()),
            counts: Vec::with_capacity(messages.len()),
            kernel: Blake3 { places: Vec::with_capacity(messages.len()) },
        };
        let total = messages.iter().fold(0_u64, |sum, message| sum.saturating_add(message.len));
        let piece_len = PIECE_LEN.max((total / MAX_PIECES).next_power_of_two());
        for message in messages {
            pieces.cut(message, piece_len);
        }
        pieces
    }

    fn cut(&mut self, message: &Message, piece_len: u64) {
        let count = message.len.div_ceil(piece_len).max(1);
        for number in 0..count {
            let offset = number * piece_len;
            let start = message.start.saturating_add(offset);
            let len = (message.len - offset).min(piece_len);
            self.messages.push(Message { file: message.file, start, len });
            let place = if count == 1 { Place::Whole } else { Place::At(offset) };
            self.kernel.places.push(place);
        }
        self.counts.push(usize::try_from(count).unwrap_or(usize::MAX));
    }

    pub(crate) fn kernel(&self) -> &Blake3 {
        &self.kernel
    }

    /// One digest for each message, from what its pieces came to.
    pub(crate) fn join(&self, subtrees: &[Subtree]) -> Vec<Digest> {
        assert_eq!(self.messages.len(), subtrees.len(), "every piece has been hashed");
        let mut rest = subtrees;
        let join = |count: &usize| {
            let (own, others) = rest.split_at_checked(*count).unwrap_or((rest, &[]));
            rest = others;
            Digest::blake3(root(own))
        };
        self.counts.iter().map(join).collect()
    }
}

fn root(subtrees: &[Subtree]) -> [u8; 32] {
    if let [Subtree::Root(digest)] = subtrees {
        return *digest;
    }
    let (left, right) = subtrees.split_at(left_count(subtrees.len()));
    *merge_subtrees_root(&inner(left), &inner(right), Mode::Hash).as_bytes()
}

fn inner(subtrees: &[Subtree]) -> ChainingValue {
    match subtrees {
        [Subtree::Inner(value) | Subtree::Root(value)] => *value,
        _ => {
            let (left, right) = subtrees.split_at(left_count(subtrees.len()));
            merge_subtrees_non_root(&inner(left), &inner(right), Mode::Hash)
        }
    }
}

/// The left subtree is the largest that is full and leaves something for the right one.
fn left_count(count: usize) -> usize {
    count.next_power_of_two() / 2
}

impl Kernel for Blake3 {
    type State = State;
    type Output = Subtree;

    const BLOCK_LEN: usize = blake3::CHUNK_LEN;

    fn width(&self) -> usize {
        1
    }

    fn begin(&self, message: usize) -> State {
        let place = self.places.get(message).copied().unwrap_or(Place::Whole);
        let mut hasher = Box::new(blake3::Hasher::new());
        if let Place::At(offset) = place {
            hasher.set_input_offset(offset);
        }
        State { hasher, place }
    }

    fn advance(&self, steps: &mut [Step<'_, State>]) {
        for step in steps {
            step.state.hasher.update(step.bytes);
        }
    }

    fn finish(&self, mut state: State, tail: &[u8]) -> Subtree {
        let hasher = state.hasher.update(tail);
        match state.place {
            Place::Whole => Subtree::Root(*hasher.finalize().as_bytes()),
            Place::At(_) => Subtree::Inner(hasher.finalize_non_root()),
        }
    }
}
