//! Drawing of screens: a canvas over ratatui's buffer, and the theme's color roles.

mod canvas;
mod click;
mod link;
pub mod theme;

pub use canvas::{Canvas, ascii};
pub use click::{Click, ClickTargets};
pub use link::Links;
pub use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};
pub use theme::{Paint, Palette, Theme};
