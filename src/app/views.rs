//! Screen of the saved views.

use tui_input::Input;

use crate::domain::preferences::View;

/// The saved views, one of them to be chosen.
#[derive(Debug, Default)]
pub struct Views {
    /// The views, once they are read.
    pub entries: Option<Vec<View>>,
    /// The row under the cursor.
    pub cursor: usize,
    /// What the list below shows, to be saved.
    pub current: View,
    /// The name that it is saved under, while that is typed.
    pub naming: Option<Input>,
    /// What is wrong with that name.
    pub problem: Option<String>,
    /// Why the views could not be read.
    pub failed: Option<String>,
}

impl Views {
    /// Takes the views; the cursor goes to the one of this name.
    pub fn fill(&mut self, entries: Vec<View>, name: Option<&str>) {
        let named = name.and_then(|name| entries.iter().position(|view| view.name == name));
        self.cursor = named.unwrap_or(self.cursor).min(entries.len().saturating_sub(1));
        self.entries = Some(entries);
        self.failed = None;
        if name.is_some() {
            self.naming = None;
        }
    }

    /// Takes why that failed; what was typed stays.
    pub fn fail(&mut self, why: &str) {
        match &self.naming {
            Some(_) => self.problem = Some(why.to_owned()),
            None => self.failed = Some(why.to_owned()),
        }
    }

    /// Moves the cursor.
    pub fn go(&mut self, down: bool) {
        let last = self.entries.as_ref().map_or(0, |all| all.len().saturating_sub(1));
        self.cursor =
            if down { (self.cursor + 1).min(last) } else { self.cursor.saturating_sub(1) };
    }

    /// The view under the cursor.
    #[must_use]
    pub fn selected(&self) -> Option<&View> {
        self.entries.as_ref()?.get(self.cursor)
    }

    /// What is saved under the name that was typed; else what is wrong with it is noted.
    pub fn named(&mut self) -> Option<View> {
        let name = self.naming.as_ref()?.value().trim().to_owned();
        match View::check_name(&name) {
            Ok(()) => Some(View { name, ..self.current.clone() }),
            Err(why) => {
                self.problem = Some(format!("The name {why}"));
                None
            }
        }
    }
}
