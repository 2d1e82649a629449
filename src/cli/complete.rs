//! Dynamic shell completion: profiles, groups, credentials, saved views, columns, rules and help
//! topics.
//!
//! The script of `credenza completions` calls this program for each completion, with [`VARIABLE`]
//! set. A completion does not print messages, prompt the user, renew a session, run a program or
//! create a local workspace. With `--demo`, it uses a temporary workspace. Values that cannot be
//! read in time are not completed.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    sync::{LazyLock, OnceLock},
    time::Duration,
};

use clap::CommandFactory as _;
use clap_complete::{CompleteEnv, CompletionCandidate, Shell, env};

use super::{
    Cli, ConsoleArgs,
    api_session::{ApiArgs, ApiSession},
    context::runtime,
};
use crate::{
    api::Scope,
    config::{self, ConfigFile},
    domain::{Credential, audit::rules, columns::Column, profile::Word as _, text},
};

/// Environment variable that requests a completion instead of a normal run. Its value is the name
/// of the shell.
pub const VARIABLE: &str = "CREDENZA_COMPLETE";

/// Environment variable in which the bash script passes the whole command line.
const LINE: &str = "CREDENZA_LINE";

/// Time limit for reading credentials during a completion.
const PATIENCE: Duration = Duration::from_secs(2);

/// Shell that requests the completion. Its name is stored because `clap_complete` removes
/// [`VARIABLE`] before it searches for candidates.
static SHELL: OnceLock<String> = OnceLock::new();

/// True during a shell completion, which must not prompt the user.
#[must_use]
pub fn is_asked() -> bool {
    SHELL.get().is_some()
}

/// Prints the completions of the command line and exits, if a shell requests them. Otherwise
/// returns.
pub fn answer() {
    if let Some(shell) = config::variable(VARIABLE) {
        let _ = SHELL.set(shell);
    }
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// Completion script for bash. Bash splits words at `:` and `=` (`COMP_WORDBREAKS`), which breaks
/// URLs, and does not expand aliases. The script therefore splits and expands the line itself. It
/// also passes the whole line, which is required to find open quotes.
const BASH: &str = r#"_credenza() {
    local IFS=$'\013' line=${COMP_LINE:0:COMP_POINT} words=() word='' quote='' c i
    local first=${line%%[[:space:]]*}
    if ((BASH_VERSINFO[0] >= 4)) && [[ -n ${BASH_ALIASES[$first]-} ]]; then
        line=${BASH_ALIASES[$first]}${line:${#first}}
    fi
    for ((i = 0; i < ${#line}; i++)); do
        c=${line:i:1}
        if [[ -n $quote ]]; then
            if [[ $c == "$quote" ]]; then quote=''; else word+=$c; fi
        elif [[ $c == "'" || $c == '"' ]]; then
            quote=$c
        elif [[ $c == \\ ]]; then
            word+=$c${line:++i:1}
        elif [[ $c == [[:space:]] ]]; then
            if [[ -n $word ]]; then words+=("$word"); fi
            word=''
        else
            word+=$c
        fi
    done
    words+=("$word")
    COMPREPLY=($(
        _CLAP_IFS="$IFS" _CLAP_COMPLETE_INDEX=$((${#words[@]} - 1)) _CLAP_COMPLETE_COMP_TYPE=${COMP_TYPE-9} \
            _CLAP_COMPLETE_SPACE=false CREDENZA_LINE="$COMP_LINE" CREDENZA_COMPLETE=bash \
            credenza -- "${words[@]}"
    )) || unset COMPREPLY
    # Bash replaces only the text after its last word break.
    local before=${word%"$2"}
    for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$before"}; done
    if [[ ${COMPREPLY-} == *[=/:] ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o bashdefault -F _credenza credenza
if ((BASH_VERSINFO[0] >= 4)); then
    for _credenza_alias in "${!BASH_ALIASES[@]}"; do
        if [[ ${BASH_ALIASES[$_credenza_alias]} == credenza* ]]; then
            complete -o bashdefault -F _credenza "$_credenza_alias"
        fi
    done
    unset _credenza_alias
fi
"#;

/// Returns the completion script for a shell.
#[must_use]
pub fn script(shell: Shell) -> String {
    if shell == Shell::Bash {
        return BASH.to_owned();
    }
    let name = shell.to_string();
    let mut out = Vec::new();
    if let Some(shell) = env::Shells::builtins().completer(&name) {
        // Writing to memory cannot fail.
        let _ = shell.write_registration(VARIABLE, "credenza", "credenza", "credenza", &mut out);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Completes a profile name, with the base URL as the description, or `local`.
#[must_use]
pub fn profiles() -> Vec<CompletionCandidate> {
    let settings = ConfigFile::find().and_then(|file| file.load()).unwrap_or_default();
    let mut profiles: Vec<_> = settings
        .profiles
        .into_iter()
        .filter_map(|profile| candidate(&profile.name, &profile.base_url))
        .collect();
    profiles.extend(candidate("local", "the local workspace"));
    profiles
}

/// Completes a group of profiles, with its members as the description.
#[must_use]
pub fn groups() -> Vec<CompletionCandidate> {
    let settings = ConfigFile::find().and_then(|file| file.load()).unwrap_or_default();
    let groups = settings.groups.iter();
    groups.filter_map(|(name, members)| candidate(name, &members.join(", "))).collect()
}

/// Completes a saved view, with its filter as the description.
#[must_use]
pub fn views() -> Vec<CompletionCandidate> {
    let settings = ConfigFile::find().and_then(|file| file.load()).unwrap_or_default();
    settings.views.iter().filter_map(|view| candidate(&view.name, &view.filter)).collect()
}

/// Completes the name of a list column.
#[must_use]
pub fn columns() -> Vec<CompletionCandidate> {
    Column::all().map(|column| CompletionCandidate::new(column.word())).collect()
}

/// Completes a topic of `credenza help`.
#[must_use]
pub fn topics() -> Vec<CompletionCandidate> {
    super::help::names().filter_map(|(name, title)| candidate(name, title)).collect()
}

/// Completes the ID of an audit rule, with its slug as the description.
#[must_use]
pub fn rules() -> Vec<CompletionCandidate> {
    rules::all().iter().filter_map(|rule| candidate(rule.id, rule.slug)).collect()
}

/// Completes names and IDs of credentials that start with `begun`, ignoring case. Names that
/// several credentials share are omitted, and so are all IDs if `begun` is empty. Only the first
/// page of each kind is searched.
#[must_use]
pub fn credentials(begun: &OsStr) -> Vec<CompletionCandidate> {
    let begun = unquoted(&begun.to_string_lossy()).to_lowercase();
    let begins = |text: &str| text.to_lowercase().starts_with(&begun);
    let line: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let all = first_page(&line);
    let ids = all.iter().filter(|it| begins(it.id().raw()));
    let ids = ids.filter_map(|it| candidate(it.id().raw(), it.name().raw()));
    // A name shared by several credentials is ambiguous, so it is not completed.
    let mut bearers: HashMap<&str, usize> = HashMap::new();
    for it in &all {
        *bearers.entry(it.name().raw()).or_default() += 1;
    }
    let alone = |one: &&Credential| bearers.get(one.name().raw()) == Some(&1);
    let named = all.iter().filter(|it| !it.name().raw().is_empty() && begins(it.name().raw()));
    let names = named.filter(alone).filter_map(|it| candidate(it.name().raw(), it.id().raw()));
    if begun.is_empty() { names.collect() } else { names.chain(ids).collect() }
}

/// Returns a candidate with a description; `None` if the value is empty, starts with `-`, or has
/// characters that [`text::shown`] escapes.
fn candidate(value: &str, about: &str) -> Option<CompletionCandidate> {
    let harmless = text::shown(value) == value && !value.starts_with('-') && !value.is_empty();
    let about = text::shown(about).into_owned();
    harmless.then(|| CompletionCandidate::new(quoted(value)).help(Some(about.into())))
}

/// Removes backslashes from a partial value if bash requires them ([`ESCAPES`]).
fn unquoted(begun: &str) -> String {
    if *ESCAPES { begun.replace('\\', "") } else { begun.to_owned() }
}

/// True if special characters need backslashes: the shell is bash, and no quote is open.
static ESCAPES: LazyLock<bool> = LazyLock::new(|| {
    let line = config::variable(LINE).unwrap_or_default();
    let mut open = None;
    let mut escaped = false;
    for c in line.chars() {
        match (c, open) {
            _ if escaped => escaped = false,
            ('\\', None | Some('"')) => escaped = true,
            (c, Some(quote)) if c == quote => open = None,
            ('"' | '\'', None) => open = Some(c),
            _ => {}
        }
    }
    open.is_none() && SHELL.get().is_some_and(|shell| shell == "bash")
});

/// Escapes a value for bash, unless a quote is open. Other shells quote candidates themselves.
fn quoted(value: &str) -> OsString {
    if !*ESCAPES {
        return value.into();
    }
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if !(c.is_alphanumeric() || "-_./:@%+=,".contains(c)) {
            out.push('\\');
        }
        out.push(c);
    }
    out.into()
}

/// Returns the first page of each kind from the API that the command line selects. Kinds that
/// cannot be read are omitted. Empty if the API cannot be opened, or if reading takes longer than
/// [`PATIENCE`].
fn first_page(line: &[String]) -> Vec<Credential> {
    let after = |name: &str| {
        line.iter().enumerate().find_map(|(at, word)| match word.strip_prefix(name)? {
            "" => line.get(at + 1).cloned(),
            rest => rest.strip_prefix('=').map(str::to_owned),
        })
    };
    let console = ConsoleArgs { profile: after("--profile"), ..ConsoleArgs::default() };
    let demo = line.iter().any(|word| word == "--demo");
    let api = ApiArgs { base_url: after("--base-url"), demo, creates: false };
    let read = async {
        let session = ApiSession::at_hand(&console, &api).await?;
        let mut all = Vec::new();
        for kind in super::fleet::kinds(&session, None) {
            all.extend(session.page(kind, Scope::Mine).await.unwrap_or_default());
        }
        session.close().await;
        Some(all)
    };
    let Ok(runtime) = runtime() else { return Vec::new() };
    let all = runtime.block_on(async { tokio::time::timeout(PATIENCE, read).await });
    runtime.shutdown_background();
    all.ok().flatten().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shell_has_a_script_that_asks_this_program() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Elvish, Shell::PowerShell] {
            assert!(script(shell).contains(VARIABLE), "{shell}");
        }
        assert!(script(Shell::Bash).contains(&format!("{LINE}=\"$COMP_LINE\"")));
    }

    #[test]
    fn what_a_terminal_would_obey_is_no_candidate() {
        for value in ["a\u{1b}]0;x\u{7}", "a\nb", "a\u{202e}", "--reveal", ""] {
            assert!(candidate(value, "").is_none(), "{value:?}");
        }
        let help =
            candidate("a", "\u{1b}[31m").expect("harmless").get_help().map(ToString::to_string);
        assert_eq!(help.as_deref(), Some("<U+001B>[31m"));
    }
}
