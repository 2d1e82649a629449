//! Drawing of screens: a canvas over ratatui's buffer, and the theme's color roles.

mod canvas;
pub mod theme;

pub use canvas::Canvas;
pub use ratatui::layout::Rect;
pub use theme::{Paint, Palette, Theme};
