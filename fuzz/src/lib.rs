//! What the fuzz targets do, in a library so that each target is one line.

pub mod bodies;
pub mod schedule;
