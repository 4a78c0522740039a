//! Pieces of screen that know no view: a pen that writes within its area, a table, a strip of bars, a line of text.

pub mod fields;
pub mod grid;
pub mod histogram;
pub mod input;
pub mod json;
pub mod panes;
pub mod pen;
