//! Edits of `config.toml` that keep comments and order.

use toml_edit::{Array, DocumentMut, Item, Key, RawString, Table, TableLike, Value, value};

use crate::domain::{
    preferences::{self, SavedView},
    profile::{Environment, Profile, Provider, Word as _},
};

/// Adds a profile to the text of a configuration file, or changes the settings of an existing
/// profile. The text is unchanged if `profiles` or the profile is not a table.
///
/// # Errors
/// Returns an error if the text is not TOML.
pub fn with_profile(text: &str, profile: &Profile) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let Some(profiles) = section(&mut document, "profiles") else {
        return Ok(document.to_string());
    };
    let entry = profiles.entry(&profile.name).or_insert_with(|| Item::Table(Table::new()));
    if let Some(table) = entry.as_table_like_mut() {
        let some = |text: &Option<String>| text.as_deref().map(Value::from);
        let list = |texts: &[String]| {
            (!texts.is_empty()).then(|| Value::Array(texts.iter().collect::<Array>()))
        };
        let provider = profile.provider;
        set(table, "provider", (provider != Provider::Contract).then(|| provider.word().into()));
        set(table, "base_url", Some(profile.base_url.as_str().into()));
        set(table, "issuer", some(&profile.issuer));
        set(table, "audience", some(&profile.audience));
        set(table, "client_id", some(&profile.client_id));
        set(table, "scopes", list(&profile.scopes));
        set(table, "sign_in", profile.sign_in.map(|method| method.word().into()));
        let environment = profile.environment;
        set(table, "env", (environment != Environment::Dev).then(|| environment.word().into()));
        set(table, "tint", profile.tint.map(|tint| tint.word().into()));
        set(table, "read_only", profile.read_only.then(|| true.into()));
        set(table, "trusted_hosts", list(&profile.trusted_hosts));
        set(table, "ca_file", some(&profile.ca_file));
        set(table, "callback_port", profile.callback_port.map(|port| i64::from(port).into()));
        set(table, "token_command", list(&profile.token_command));
        set(table, "organization", some(&profile.organization));
        set(table, "token_header", some(&profile.token_header));
        set(table, "registration_endpoint", some(&profile.registration_endpoint));
        set(table, "oauth_clients_path", some(&profile.oauth_clients_path));
    }
    Ok(document.to_string())
}

/// Adds a view to the text of a configuration file, or changes the settings of an existing view.
/// The text is unchanged if `views` or the view is not a table.
///
/// # Errors
/// Returns an error if the text is not TOML.
pub fn with_view(text: &str, view: &SavedView) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    if let Some(views) = section(&mut document, "views") {
        let entry = views.entry(&view.name).or_insert_with(|| Item::Table(Table::new()));
        if let Some(table) = entry.as_table_like_mut() {
            let filter = view.filter.as_str();
            set(table, "filter", (!filter.is_empty()).then(|| filter.into()));
            let sort =
                (view.sort != SavedView::default().sort).then(|| preferences::sort_word(view.sort));
            set(table, "sort", sort.map(Value::from));
            set(table, "wide", view.wide.then(|| true.into()));
        }
    }
    Ok(document.to_string())
}

/// Removes a view from the text of a configuration file.
///
/// # Errors
/// Returns an error if the text is not TOML.
pub fn without_view(text: &str, name: &str) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    remove(&mut document, "views", name);
    Ok(document.to_string())
}

/// Removes the table `name` from the top-level table `tables`. Comments above the removed table are
/// kept if a blank line separates them from it.
fn remove(document: &mut DocumentMut, tables: &str, name: &str) {
    let Some(tables) = document.get_mut(tables).and_then(Item::as_table_like_mut) else { return };
    let gone = tables.remove(name);
    let above = gone.as_ref().and_then(Item::as_table).and_then(|table| {
        let text = table.decor().prefix()?.as_str()?;
        Some((table.position(), text[..=text.rfind("\n\n")?].to_owned()))
    });
    let Some((place, above)) = above.filter(|(_, text)| !text.trim().is_empty()) else {
        return;
    };
    match next_table(document.as_table_mut(), place) {
        Some(next) => {
            let own = next.decor().prefix().and_then(RawString::as_str).unwrap_or_default();
            let both = format!("{above}{own}");
            next.decor_mut().set_prefix(both);
        }
        None => {
            let end = document.trailing().as_str().unwrap_or_default().to_owned();
            document.set_trailing(format!("{above}{end}"));
        }
    }
}

/// Returns the next table after a position in the document, in the order of the text.
fn next_table(table: &mut Table, place: Option<isize>) -> Option<&mut Table> {
    let inner = table.iter_mut().filter_map(|(_, item)| item.as_table_mut());
    let inner = inner.flat_map(|table| {
        let mut all = Vec::new();
        if table.is_implicit() {
            all.extend(table.iter_mut().filter_map(|(_, item)| item.as_table_mut()));
        } else {
            all.push(table);
        }
        all
    });
    inner.filter(|table| table.position() > place).min_by_key(|table| table.position())
}

/// Returns the top-level table with a name, such as `profiles`, and creates it if it is missing.
/// `None` if the item is not a table.
fn section<'d>(document: &'d mut DocumentMut, name: &str) -> Option<&'d mut dyn TableLike> {
    let section = document.entry(name).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    // An inline table cannot contain standard tables.
    if section.is_inline_table() {
        *section = std::mem::take(section).into_table().map_or_else(|same| same, Item::Table);
    }
    section.as_table_like_mut()
}

/// Sets a key, or removes it if `new` is `None`. A comment after a replaced value is kept.
fn set(table: &mut dyn TableLike, key: &str, new: Option<Value>) {
    match (new, table.get_mut(key)) {
        (None, _) => {
            table.remove(key);
        }
        (Some(mut new), Some(item)) => {
            if let Some(old) = item.as_value() {
                let same = old.to_string().trim() == new.to_string().trim();
                if same {
                    return;
                }
                *new.decor_mut() = old.decor().clone();
            }
            *item = Item::Value(new);
        }
        (Some(new), None) => {
            table.insert(key, value(new));
        }
    }
}

/// Removes a profile from the text of a configuration file. Also removes `default_profile` if its
/// value is this profile.
///
/// # Errors
/// Returns an error if the text is not TOML.
pub fn without_profile(text: &str, name: &str) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    remove(&mut document, "profiles", name);
    if document.get("default_profile").and_then(Item::as_str) == Some(name) {
        document.remove("default_profile");
    }
    Ok(document.to_string())
}

/// Sets the default profile in the text of a configuration file.
///
/// # Errors
/// Returns an error if the text is not TOML.
pub fn with_default(text: &str, name: &str) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    set(document.as_table_mut(), "default_profile", Some(name.into()));
    Ok(document.to_string())
}

/// Returns the dotted name and the value of each setting in the text of a configuration file.
/// Strings have no quotes; other values are in TOML. Arrays of tables are omitted.
///
/// # Errors
/// Returns an error if the text is not TOML.
pub fn settings(text: &str) -> Result<Vec<(String, String)>, toml_edit::TomlError> {
    fn collect(prefix: &str, table: &dyn TableLike, all: &mut Vec<(String, String)>) {
        for (key, item) in table.iter() {
            let name = format!("{prefix}{}", Key::new(key));
            match (item.as_table_like(), item.as_value()) {
                (Some(inner), _) => collect(&format!("{name}."), inner, all),
                (None, Some(Value::String(text))) => all.push((name, text.value().clone())),
                (None, Some(value)) => all.push((name, value.to_string().trim().to_owned())),
                (None, None) => {}
            }
        }
    }
    let document: DocumentMut = text.parse()?;
    let mut all = Vec::new();
    collect("", document.as_table(), &mut all);
    Ok(all)
}

/// Sets one setting in the text of a configuration file. `new` is the value in TOML. The text is
/// unchanged if a parent in the dotted name exists, but is not a table.
///
/// # Errors
/// Returns an error if the text, the name or the value is not TOML.
pub fn with_setting(text: &str, name: &str, new: &str) -> Result<String, toml_edit::TomlError> {
    let new: Value = new.parse()?;
    let mut document: DocumentMut = text.parse()?;
    let keys = Key::parse(name)?;
    let Some((last, parents)) = keys.split_last() else { return Ok(document.to_string()) };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for (depth, key) in parents.iter().enumerate() {
        let entry = table.entry(key.get()).or_insert_with(|| {
            let mut made = Table::new();
            made.set_implicit(depth + 1 < parents.len());
            Item::Table(made)
        });
        match entry.as_table_like_mut() {
            Some(inner) => table = inner,
            None => return Ok(document.to_string()),
        }
    }
    set(table, last.get(), Some(new));
    Ok(document.to_string())
}

/// Removes one setting from the text of a configuration file. The text is unchanged if the setting
/// does not exist.
///
/// # Errors
/// Returns an error if the text or the name is not TOML.
pub fn without_setting(text: &str, name: &str) -> Result<String, toml_edit::TomlError> {
    let mut document: DocumentMut = text.parse()?;
    let keys = Key::parse(name)?;
    let Some((last, parents)) = keys.split_last() else { return Ok(document.to_string()) };
    let mut table: &mut dyn TableLike = document.as_table_mut();
    for key in parents {
        match table.get_mut(key.get()).and_then(Item::as_table_like_mut) {
            Some(inner) => table = inner,
            None => return Ok(text.to_owned()),
        }
    }
    set(table, last.get(), None);
    Ok(document.to_string())
}
