//! As many lanes as the code is made for.

use super::{Block, INITIAL, Lane, State};

/// Lanes as the code for several messages wants them: always `N`, all with the same number of blocks.
pub(super) struct Filled<'a, const N: usize> {
    pub(super) states: [State; N],
    pub(super) blocks: [&'a [Block]; N],
    /// Blocks that every lane has.
    pub(super) count: usize,
}

impl<'a, const N: usize> Filled<'a, N> {
    /// Lanes that are not there take the first one's blocks into a state that nobody reads.
    pub(super) fn new(lanes: &[Lane<'a>]) -> Self {
        let count = lanes.iter().map(|lane| lane.blocks.len()).min().unwrap_or(0);
        let cut = |lane: &Lane<'a>| lane.blocks.get(..count).unwrap_or_default();
        let mut states = [INITIAL; N];
        let mut blocks = [lanes.first().map(cut).unwrap_or_default(); N];
        for (lane, (state, place)) in lanes.iter().zip(states.iter_mut().zip(&mut blocks)) {
            (*state, *place) = (*lane.state, cut(lane));
        }
        Self { states, blocks, count }
    }
}

/// Gives the states back to their lanes.
pub(super) fn give_back(lanes: &mut [Lane<'_>], states: impl IntoIterator<Item = State>) {
    for (lane, state) in lanes.iter_mut().zip(states) {
        *lane.state = state;
    }
}
