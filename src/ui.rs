//! What screens are drawn with: a canvas over ratatui's buffer, and the theme's roles of colors.

mod canvas;
pub mod theme;

pub use canvas::{Canvas, wrap};
pub use ratatui::layout::Rect;
pub use theme::{Paint, Theme};
