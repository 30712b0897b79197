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
        let count = lanes.first().map_or(0, |lane| lane.blocks.len());
        let mut states = [INITIAL; N];
        let mut blocks = [lanes.first().map_or(&[][..], |lane| lane.blocks); N];
        for (lane, (state, place)) in lanes.iter().zip(states.iter_mut().zip(&mut blocks)) {
            assert_eq!(lane.blocks.len(), count, "lanes advance by equal numbers of blocks");
            (*state, *place) = (*lane.state, lane.blocks);
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
