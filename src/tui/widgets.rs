//! Small pieces that views are made of. Each draws itself on a canvas and knows nothing of the deployment.

pub mod columns;
pub mod cursor;
pub mod hint_bar;
pub mod marks;
pub mod pager;
pub mod rows;
pub mod sheet;
pub mod strip;
pub mod table;
