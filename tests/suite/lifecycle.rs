//! Rotations that deliver the new secret: by commands in the local workspace, and with kills at
//! every point. Also tests the history of changes.

use std::{
    fs,
    future::Future,
    os::unix::fs::PermissionsExt as _,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::PathBuf,
    pin::pin,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
};

use credenza::{
    api::{
        Abilities, CredentialsApi, Http, Overlap, Secrecy, Trust, contract::Contract, http::Fixed,
    },
    auth::proof::Prover,
    domain::{
        CredentialRef, Kind, Secret,
        destination::{Destination, DestinationStore},
    },
    lifecycle::{
        journal::{Delivery, Journal, Journals, RetireWhen, RotationStage},
        rotation::{Rotation, RotationError, twin},
    },
    server::{Config, store::User},
    vault::{SessionStore, StoreChoice},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::common::server::{Caller, Served, token};

/// Home directory of a user of the local workspace.
struct Workspace(tempfile::TempDir);

struct Ran {
    code: i32,
    out: String,
    said: String,
}

impl Ran {
    #[track_caller]
    fn fine(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.said);
        self.out
    }

    #[track_caller]
    fn refused(self, code: i32, with: &str) {
        assert_eq!(self.code, code, "{}{}", self.out, self.said);
        assert!(self.said.contains(with), "{with:?} is not in: {}", self.said);
    }
}

impl Workspace {
    /// Creates a workspace with an M2M client "Sync" and destinations of three types.
    fn new() -> Self {
        let workspace = Self(tempfile::tempdir().unwrap());
        let path = |name: &str| workspace.file(name).display().to_string();
        let text = format!(
            "[destinations.file]\ntype = \"file\"\npath = {:?}\n\
             [destinations.env]\ntype = \"env-file\"\npath = {:?}\nvariable = \"SECRET\"\n\
             [destinations.tool]\ntype = \"command\"\nwrite = [\"tee\", {tool:?}]\nread = [\"cat\", {tool:?}]\n\
             [destinations.broken]\ntype = \"command\"\nwrite = [\"false\"]\n",
            path("secret"),
            path("app.env"),
            tool = path("tool"),
        );
        fs::write(workspace.file("config.toml"), text).unwrap();
        fs::set_permissions(workspace.file("config.toml"), fs::Permissions::from_mode(0o600))
            .unwrap();
        fs::write(workspace.file("app.env"), "A=1\nSECRET=former\n").unwrap();
        fs::set_permissions(workspace.file("app.env"), fs::Permissions::from_mode(0o640)).unwrap();
        workspace.run(&["create", "m2m", "--name", "Sync"]).fine();
        workspace
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_credenza"))
            .args(arguments)
            .env_clear()
            .env("HOME", self.0.path())
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("CREDENZA_CONFIG", self.file("config.toml"))
            .env("CREDENZA_STORE", "file")
            .env("CREDENZA_PASSPHRASE", "correct horse battery")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let code = output.status.code().unwrap();
        Ran { code, out: text(output.stdout), said: text(output.stderr) }
    }

    fn rotate(&self, to: &[&str]) -> Ran {
        let mut arguments = vec!["rotate", "Sync", "--confirm", "Sync"];
        arguments.extend(to.iter().flat_map(|it| ["--to", it]));
        self.run(&arguments)
    }

    fn secret(&self) -> String {
        self.run(&["secret", "Sync", "--reveal"]).fine().trim().to_owned()
    }

    fn rotations(&self) -> Value {
        let text = self.run(&["rotate", "status", "--all", "-o", "json"]).fine();
        serde_json::from_str(&text).unwrap()
    }
}

#[test]
fn rotation_delivers_proves_and_ends_the_previous_secret() {
    let workspace = Workspace::new();
    let old = workspace.secret();
    let plan =
        workspace.run(&["rotate", "Sync", "--to", "file", "--to", "env", "--dry-run"]).fine();
    assert!(plan.contains("3. Deliver it to env: SECRET in "), "{plan}");
    assert_eq!(workspace.secret(), old, "a plan changes nothing");

    let said = workspace.rotate(&["file", "env", "tool"]).fine();
    assert!(said.contains("credenza rotate finish rot_"), "{said}");
    let new = workspace.secret();
    assert_ne!(new, old);
    assert_eq!((workspace.text("secret"), workspace.text("tool")), (new.clone(), new.clone()));
    assert_eq!(workspace.text("app.env"), format!("A=1\nSECRET={new}\n"));
    let mode = |name| fs::metadata(workspace.file(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("secret"), mode("app.env")), (0o600, 0o640));

    let shown = workspace.run(&["show", "Sync"]).fine();
    assert_eq!(shown.matches("active, created now").count(), 2, "{shown}");
    workspace.rotate(&["file"]).refused(1, "A rotation of this client is in progress");
    workspace.run(&["rotate", "finish"]).fine();
    let shown = workspace.run(&["show", "Sync"]).fine();
    assert_eq!(shown.matches("active, created now").count(), 1, "{shown}");
    assert_eq!(workspace.rotations()[0]["stage"], "closed");
    workspace.run(&["rotate", "resume"]).refused(1, "No rotation is in progress");
}

#[test]
fn aborted_rotation_restores_every_destination() {
    let workspace = Workspace::new();
    let old = workspace.secret();
    workspace
        .rotate(&["env", "file", "broken"])
        .refused(1, "Could not write to destination broken");
    assert_eq!(workspace.rotations()[0]["stage"], "issued");
    assert!(workspace.text("app.env") != "A=1\nSECRET=former\n", "delivered before the failure");
    workspace.run(&["rotate", "abort"]).refused(1, "add --skip broken");
    workspace.run(&["rotate", "abort", "--skip", "broken"]).fine();
    assert!(!workspace.file("secret").exists(), "the file did not exist before");
    assert_eq!(workspace.text("app.env"), "A=1\nSECRET=former\n");
    assert_eq!(workspace.secret(), old);
    let shown = workspace.run(&["show", "Sync"]).fine();
    assert_eq!(shown.matches("active, created").count(), 1, "{shown}");
}

#[test]
fn several_clients_are_rotated_each_to_its_own_place() {
    let workspace = Workspace::new();
    workspace.run(&["create", "m2m", "--name", "Export"]).fine();
    let config = workspace.file("config.toml");
    let template = workspace.file("{client_id}.secret");
    let more = format!("[destinations.apps]\ntype = \"file\"\npath = {template:?}\n");
    fs::write(&config, workspace.text("config.toml") + &more).unwrap();
    let several = ["rotate", "--where", "type:m2m", "--confirm-count", "2", "--to"];
    let run = |to: &[&str]| workspace.run(&[&several[..], to].concat());
    run(&["file"]).refused(2, "The destination file is the same for every client");
    let plan = run(&["apps", "--dry-run"]).fine();
    assert!(plan.contains("Would rotate 2") && plan.contains(".secret"), "{plan}");
    let only = ["rotate", "--where", "type:m2m", "--confirm-count", "1", "--to", "apps"];
    workspace.run(&only).refused(1, "the number of matching credentials is 2");

    let listed = workspace.run(&["list", "m2m", "-o", "json"]).fine();
    let clients: Value = serde_json::from_str(&listed).unwrap();
    let ids: Vec<&str> =
        clients.as_array().unwrap().iter().map(|it| it["client_id"].as_str().unwrap()).collect();
    // The destination of the second client is not writable, so its rotation is not started.
    let blocked = workspace.file(&format!("{}.secret", ids[1]));
    fs::create_dir(&blocked).unwrap();
    let ran = run(&["apps"]);
    assert_eq!(ran.code, 4, "{}", ran.out);
    assert!(ran.out.contains("1 of 2 done, 1 failed"), "{}", ran.out);
    let secret = |id: &str| workspace.run(&["secret", id, "--reveal"]).fine().trim().to_owned();
    assert_eq!(workspace.text(&format!("{}.secret", ids[0])), secret(ids[0]));
    assert_eq!(workspace.rotations().as_array().unwrap().len(), 1, "{}", workspace.rotations());

    // The first client has a rotation in progress, so only the other one is rotated now.
    fs::remove_dir(&blocked).unwrap();
    let ran = workspace.run(&only);
    assert_eq!(ran.code, 4, "not all clients were rotated");
    for text in [
        "its rotation is in progress",
        "1 of 1 done, 0 failed, 0 not tried, 1 unchanged.",
        "Next steps of each rotation: credenza rotate status",
    ] {
        assert!(ran.out.contains(text), "{}", ran.out);
    }
    assert_eq!(workspace.text(&format!("{}.secret", ids[1])), secret(ids[1]));
    workspace.run(&["rotate", "finish", ids[0]]).fine();
    workspace.run(&["rotate", "abort", ids[1]]).fine();
    assert_eq!(workspace.rotations().as_array().unwrap().len(), 2);
    assert!(!blocked.exists(), "the abort removes a file that the rotation created");
}

#[test]
fn rotation_ends_the_previous_secret_after_the_overlap() {
    let workspace = Workspace::new();
    let args = ["rotate", "Sync", "--confirm", "Sync", "--to", "file", "--overlap"];
    let said = workspace.run(&[&args[..], &["7d"]].concat()).fine();
    assert!(
        said.contains("Both secrets work. To revoke the previous one, run this after "),
        "{said}"
    );
    let resumed = workspace.run(&["rotate", "resume"]).fine();
    assert!(
        resumed.contains("Both secrets work. To revoke the previous one, run this after "),
        "not due yet: {resumed}"
    );
    workspace.run(&["rotate", "abort"]).fine();
    workspace.run(&[&args[..], &["0"]].concat()).fine();
    assert_eq!(workspace.rotations()[1]["stage"], "closed");
    workspace.run(&[&args[..], &["2027-01-31"]].concat()).refused(2, "such as 30d or 12h");
}

#[test]
fn twin_takes_the_place_of_a_client() {
    let workspace = Workspace::new();
    let old = workspace.run(&["list", "m2m", "-o", "csv"]).fine();
    let start = ["rotate", "Sync", "--confirm", "Sync", "--twin", "--to", "file", "--id-to"];
    workspace.run(&start[..7]).refused(2, "--id-to");
    workspace.run(&[&start[..], &["file"]].concat()).refused(2, "cannot hold both ID and secret");
    let start = [&start[..], &["env"]].concat();
    let plan = workspace.run(&[&start[..], &["--dry-run"]].concat()).fine();
    for step in
        ["1. Create a second client Sync rot_", "4. Deliver its ID to env", "Keep this client"]
    {
        assert!(plan.contains(step), "{step:?} is not in: {plan}");
    }
    let said = workspace.run(&start).fine();
    assert!(said.contains("Give it the roles and permissions of Sync."), "{said}");
    workspace.run(&["rotate", "finish"]).refused(1, "Deliver them: credenza rotate resume rot_");
    workspace.run(&["rotate", "abort"]).fine();
    assert!(!workspace.file("secret").exists());

    workspace.run(&start).fine();
    let said = workspace.run(&["rotate", "resume"]).fine();
    assert!(said.contains("Both clients work. Revoke"), "{said}");
    let id = workspace.text("app.env").trim().rsplit_once('=').unwrap().1.to_owned();
    assert!(!old.contains(&id), "{old} {id}");
    let said = workspace.run(&["rotate", "finish"]).fine();
    assert!(said.contains("Replaced Sync (") && said.contains(&id), "{said}");
    assert_eq!(workspace.text("secret"), workspace.secret());
    let left = workspace.run(&["list", "m2m", "-o", "jsonl"]).fine();
    let left: Value = serde_json::from_str(&left).unwrap();
    assert_eq!((&left["name"], &left["client_id"]), (&json!("Sync"), &json!(id)));
    // The former client can be created again from the history.
    let history = workspace.run(&["history"]).fine();
    assert!(history.contains("delete"), "{history}");
}

#[test]
fn env_file_that_git_tracks_gets_no_secret() {
    let workspace = Workspace::new();
    let git = |arguments: &[&str]| {
        let status = Command::new("git").arg("-C").arg(workspace.0.path()).args(arguments).output();
        assert!(status.unwrap().status.success(), "git {arguments:?}");
    };
    git(&["init", "-q"]);
    git(&["add", "app.env"]);
    let old = workspace.secret();
    workspace.rotate(&["env"]).refused(1, "git tracks it");
    assert_eq!(workspace.secret(), old);
    assert_eq!(workspace.rotations(), json!([]));
    workspace.rotate(&["nowhere"]).refused(2, "Unknown destination \"nowhere\"");
}

#[test]
fn history_has_every_change_and_no_secret() {
    let workspace = Workspace::new();
    let secret = workspace.secret();
    workspace.run(&["edit", "Sync", "--name", "Nightly sync"]).fine();
    workspace.run(&["list", "m2m"]).fine();
    let rotate = ["rotate", "Nightly sync", "--confirm", "Nightly sync"];
    workspace.run(&[&rotate[..], &["--to", "file", "--overlap", "0"]].concat()).fine();
    workspace.run(&["delete", "Nightly sync", "--confirm", "Nightly sync"]).fine();
    workspace.run(&["create", "m2m", "--name", "Nope", "--demo"]).fine();

    let text = workspace.run(&["history", "-o", "json"]).fine();
    let all: Vec<Value> = serde_json::from_str(&text).unwrap();
    let actions: Vec<&str> = all.iter().map(|it| it["action"].as_str().unwrap()).collect();
    assert_eq!(actions[..3], ["create", "read-secret", "edit"]);
    assert!(actions.contains(&"add-secret") && actions.contains(&"retire-secret"), "{actions:?}");
    assert_eq!(*actions.last().unwrap(), "delete", "the demo adds no history");
    let change = json!([{ "field": "name", "before": "Sync", "after": "Nightly sync" }]);
    assert_eq!(all[2]["changes"], change);
    let file = workspace.file(".local/state/credenza/history.jsonl");
    let stored = fs::read_to_string(&file).unwrap();
    assert!(!stored.contains(&secret) && !stored.contains(&workspace.text("secret")));

    let table = workspace.run(&["history", "Nightly sync"]).fine();
    assert_eq!(table.lines().count(), all.len() + 1, "found by any of its names: {table}");
    assert!(workspace.run(&["history", "verify"]).fine().contains("entries verified"));
    fs::write(&file, stored.replace("\"edit\"", "\"show\"")).unwrap();
    workspace.run(&["history", "verify"]).refused(1, "Could not verify line 4 of ");
}

#[test]
fn edits_are_undone_from_the_last_to_the_first() {
    let workspace = Workspace::new();
    workspace.run(&["undo"]).refused(1, "No edit to undo in this profile");
    workspace
        .run(&["create", "spa", "--name", "Map", "--callback", "https://a.acme.dev/cb"])
        .fine();
    let callbacks = || -> Value {
        let shown = workspace.run(&["show", "Map", "-o", "json"]).fine();
        serde_json::from_str::<Value>(&shown).unwrap()["callbacks"].clone()
    };
    let edit = |change: &str, url: &str| {
        workspace.run(&["edit", "Map", change, &format!("callback=https://{url}/cb")]).fine();
    };
    edit("--add-url", "b.acme.dev");
    workspace.run(&["edit", "Map", "--name", "Atlas"]).fine();
    let plan = workspace.run(&["undo", "--dry-run"]).fine();
    assert!(plan.contains("Name: Atlas -> Map"), "{plan}");
    workspace.run(&["undo", "Atlas"]).fine();
    // Undoing the edit of one list entry does not change the other entries of the list.
    edit("--add-url", "c.acme.dev");
    edit("--rm-url", "a.acme.dev");
    workspace.run(&["undo"]).fine();
    assert_eq!(callbacks().as_array().unwrap().len(), 3);
    workspace.run(&["undo"]).fine();
    workspace.run(&["undo"]).fine();
    assert_eq!(callbacks(), json!(["https://a.acme.dev/cb"]));
    workspace.run(&["undo"]).refused(1, "No edit to undo");

    // An undo keeps the URL that another program added, and a second undo does not redo the first.
    edit("--add-url", "e.acme.dev");
    edit("--add-url", "f.acme.dev");
    let history = workspace.file(".local/state/credenza/history.jsonl");
    let own = fs::read_to_string(&history).unwrap();
    edit("--add-url", "others.acme.dev");
    fs::write(&history, own).unwrap();
    workspace.run(&["undo"]).fine();
    workspace.run(&["undo"]).fine();
    assert_eq!(callbacks(), json!(["https://a.acme.dev/cb", "https://others.acme.dev/cb"]));
    // If another program already reverted an edit, one undo succeeds without a change.
    edit("--add-url", "g.acme.dev");
    let own = fs::read_to_string(&history).unwrap();
    edit("--rm-url", "g.acme.dev");
    fs::write(&history, own).unwrap();
    let same = workspace.run(&["undo"]).fine();
    assert!(same.contains("already has these values"), "{same}");
    workspace.run(&["undo"]).refused(1, "No edit to undo");

    let id = workspace.run(&["list", "spa", "-o", "jsonl"]).fine();
    let id = serde_json::from_str::<Value>(&id).unwrap()["client_id"].as_str().unwrap().to_owned();
    edit("--add-url", "d.acme.dev");
    workspace.run(&["delete", "Map", "--confirm", "Map"]).fine();
    workspace.run(&["undo", &id]).refused(1, "No edit of ");
}

#[test]
fn a_deleted_credential_is_created_again() {
    let workspace = Workspace::new();
    let token = ["create", "token", "--name", "Tiles", "--api", "sql", "--grant", "dw=acme.open.*"];
    workspace.run(&[&token[..], &["--expires", "30d"]].concat()).fine();
    let shown = |name: &str| -> Value {
        serde_json::from_str(&workspace.run(&["show", name, "-o", "json"]).fine()).unwrap()
    };
    let before = shown("Tiles");
    let id = before["id"].as_str().unwrap();
    workspace.run(&["restore", "Tiles"]).refused(1, "Neither the history nor a kept snapshot");
    workspace.run(&["snapshot", "--keep", "3"]).fine();
    workspace.run(&["restore", "Tiles"]).refused(1, "still exists");
    workspace.run(&["delete", "Tiles", "--confirm", "Tiles"]).fine();
    let plan = workspace.run(&["restore", id, "--dry-run"]).fine();
    assert!(plan.contains("Would create 1."), "{plan}");
    workspace.run(&["restore", id]).fine();
    let after = shown("Tiles");
    assert_ne!(after["id"], before["id"]);
    for member in ["grants", "allowed_apis", "expires_at"] {
        assert_eq!(after[member], before[member], "{member}");
    }

    workspace.run(&["restore", id]).refused(1, "was already restored as tok_");

    // A command that deletes several credentials also records their values.
    workspace
        .run(&["create", "spa", "--name", "Map", "--callback", "https://a.acme.dev/cb"])
        .fine();
    let confirm = ["--confirm", "Tiles", "--confirm", "Map"];
    workspace.run(&[&["delete", "Tiles", "Map"][..], &confirm].concat()).fine();
    let history: Value =
        serde_json::from_str(&workspace.run(&["history", "-o", "json"]).fine()).unwrap();
    let deletions = history.as_array().unwrap().iter().rev().take(2);
    assert!(deletions.clone().all(|it| it["name"].is_string() && it["changes"][0].is_object()));
    workspace.run(&["restore", "Map"]).fine();
    assert_eq!(shown("Map")["callbacks"], json!(["https://a.acme.dev/cb"]));

    // Without the history, the values come from a kept snapshot.
    fs::remove_file(workspace.file(".local/state/credenza/history.jsonl")).unwrap();
    workspace.run(&["restore", id]).fine();
    assert_eq!(shown("Tiles")["grants"], before["grants"]);
}

/// Point at which a rotation is killed.
#[derive(Clone, Copy, Debug)]
enum Kill {
    /// After this many polls, while the rotation waits for a server or the session store.
    Wait(usize),
    /// After this many reported steps, before the journal records the last one.
    Action(usize),
    Never,
}

/// Runs a future until the kill; returns `None` if it was killed.
async fn killed<F: Future>(kill: Kill, future: F) -> Option<F::Output> {
    let mut left = if let Kill::Wait(polls) = kill { polls } else { usize::MAX };
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        // To kill the rotation at `Kill::Action`, `reporter` unwinds.
        let poll = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context)));
        poll.map_or(Poll::Ready(None), |poll| poll.map(Some))
    })
    .await
}

/// Returns a reporter of steps that unwinds at the step of the kill.
fn reporter(kill: Kill) -> impl Fn(&str) + Sync {
    let left = AtomicUsize::new(if let Kill::Action(count) = kill { count } else { usize::MAX });
    move |_| {
        if left.fetch_sub(1, Ordering::SeqCst) == 1 {
            resume_unwind(Box::new(()));
        }
    }
}

/// Environment of a rotation: server, session store and destinations.
struct Bench {
    served: Served,
    ada: Caller,
    api: Arc<dyn CredentialsApi>,
    /// Abilities of a server that shows secrets at any time, or only once.
    abilities: Abilities,
    prover: Prover,
    vault: SessionStore,
    directory: tempfile::TempDir,
    destinations: Vec<Destination>,
}

impl Bench {
    async fn new(secrecy: Secrecy) -> Self {
        let served =
            Served::start(&Config { requests_per_minute: 10_000_000, ..Config::default() });
        let ada = served.ada();
        let bearer = Arc::new(Fixed(Arc::new(served.ada().bearer)));
        let http = Http::new(&served.base_url, Some(bearer), &Trust::default()).unwrap();
        let api = Arc::new(Contract::new(http, &served.base_url));
        let capabilities = api.capabilities().await.unwrap();
        let abilities = Abilities { secrecy, ..capabilities.of(Kind::M2m).clone() };
        let prover = Prover::new(&capabilities, Trust::default()).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let passphrase = Arc::new(|_| Some(Secret::new("correct horse battery".to_owned())));
        let vault =
            SessionStore::open(StoreChoice::File, &directory.path().join("state"), passphrase)
                .await;
        let file = |name: &str| Destination {
            name: name.to_owned(),
            store: DestinationStore::File {
                path: directory.path().join(name).display().to_string(),
            },
        };
        let destinations = vec![file("first"), file("second")];
        Self { served, ada, api, abilities, prover, vault, directory, destinations }
    }

    /// Creates a client whose secret is in both destinations; returns its ID and its secret.
    async fn client(&self) -> (String, String) {
        let body = json!({ "app_type": "non_interactive", "name": "Sync" });
        let made = self.ada.post("/v3/oauth-clients", body).await.body;
        let text = |name: &str| made[name].as_str().unwrap().to_owned();
        for destination in ["first", "second"] {
            fs::write(self.directory.path().join(destination), text("client_secret")).unwrap();
        }
        (text("client_id"), text("client_secret"))
    }

    fn journal(&self, client: &str) -> Journal {
        let mut journal = Journal::new("it", &self.served.base_url, Timestamp::now());
        client.clone_into(&mut journal.client_id);
        journal.deliveries = self.destinations.iter().map(Delivery::to).collect();
        journal.retire = RetireWhen::After(OVERLAP);
        journal
    }

    /// Returns the rotation as a new process would load it.
    fn rotation<'a>(
        &'a self,
        journals: &'a Journals,
        journal: Journal,
        report: &'a (dyn Fn(&str) + Sync),
    ) -> Rotation<'a> {
        Rotation {
            api: &*self.api,
            abilities: &self.abilities,
            prover: Ok(&self.prover),
            vault: &self.vault,
            journals,
            destinations: &self.destinations,
            skip: &[],
            clock: Timestamp::now,
            report,
            kind: Kind::M2m,
            journal,
        }
    }

    async fn works(&self, client: &str, secret: &str) -> bool {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret),
            ("audience", "credenza-api"),
        ];
        token(&self.served.base_url, &form).await.status == 200
    }

    fn delivered(&self) -> [String; 2] {
        ["first", "second"].map(|it| fs::read_to_string(self.directory.path().join(it)).unwrap())
    }

    async fn secrets(&self, client: &str) -> usize {
        let path = format!("/v3/oauth-clients/{client}/secrets");
        self.ada.get(&path).await.body["data"].as_array().unwrap().len()
    }
}

/// User's choice after a kill.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    Finish,
    Abort,
    /// Continues after the overlap, so the previous secret is deactivated. Then finishes.
    ParkAndFinish,
    /// Continues after the overlap, and then aborts.
    ParkAndAbort,
}

impl Then {
    const fn aborts(self) -> bool {
        matches!(self, Self::Abort | Self::ParkAndAbort)
    }
}

/// Overlap of the rotations, in seconds.
const OVERLAP: i64 = 3600;

fn after_the_overlap() -> Timestamp {
    Timestamp::now() + jiff::SignedDuration::from_secs(OVERLAP + 60)
}

async fn go_on(rotation: &mut Rotation<'_>, then: Then) -> Result<(), RotationError> {
    if matches!(then, Then::ParkAndFinish | Then::ParkAndAbort) {
        rotation.clock = after_the_overlap;
        if rotation.journal.stage != RotationStage::Aborting {
            rotation.advance().await?;
        }
    }
    if then.aborts() { rotation.abort().await } else { rotation.finish().await }
}

/// Kills a rotation, and its continuation; returns whether each was killed before its end.
async fn round(bench: &Bench, kills: [Kill; 2], then: Then) -> [bool; 2] {
    let (client, old) = bench.client().await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let first = bench.journal(&client);
    let key = first.vault_key();
    let report = reporter(kills[0]);
    let mut rotation = bench.rotation(&journals, first.clone(), &report);
    let done = killed(kills[0], rotation.advance()).await;
    drop(rotation);
    if let Some(Err(error)) = &done {
        panic!("{kills:?}: {error}");
    }
    let mut killed_before_end = [done.is_none(), false];

    for kill in [kills[1], Kill::Never] {
        // Consumers must have a working secret at every point of the rotation.
        for copy in bench.delivered() {
            assert!(bench.works(&client, &copy).await, "an outage after {kills:?}");
        }
        let Some(journal) = journals.all().unwrap().pop() else {
            assert_eq!(bench.secrets(&client).await, 1, "{kills:?}: nothing was recorded");
            assert!(bench.vault.load(&key).await.unwrap().is_none(), "{kills:?}");
            return killed_before_end;
        };
        if journal.stage.is_final() {
            break;
        }
        let report = reporter(kill);
        let mut rotation = bench.rotation(&journals, journal, &report);
        match killed(kill, go_on(&mut rotation, then)).await {
            Some(result) => result.unwrap_or_else(|error| panic!("{kills:?}: {error}")),
            None => killed_before_end[1] = true,
        }
    }

    let end = journals.all().unwrap().pop().unwrap();
    let wanted = if then.aborts() { RotationStage::Aborted } else { RotationStage::Closed };
    assert_eq!(end.stage, wanted, "{kills:?}");
    let [one, other] = bench.delivered();
    assert_eq!(one, other, "{kills:?}");
    assert!(bench.works(&client, &one).await, "{kills:?}");
    assert_eq!(one == old, then.aborts(), "{kills:?}");
    assert_eq!(bench.works(&client, &old).await, then.aborts(), "{kills:?}");
    assert_eq!(bench.secrets(&client).await, 1, "an orphaned secret after {kills:?}");
    assert!(bench.vault.load(&key).await.unwrap().is_none(), "a secret is left after {kills:?}");
    killed_before_end
}

/// Kills rotations at every point; returns the number of kills.
async fn sweep(bench: &Bench, choices: &[Then]) -> usize {
    let mut kills = 0;
    for &then in choices {
        for first in [Kill::Wait as fn(usize) -> Kill, Kill::Action] {
            for second in [Kill::Wait as fn(usize) -> Kill, Kill::Action] {
                for at in 1.. {
                    // The point of the second kill varies from round to round.
                    let [one, other] =
                        round(bench, [first(at), second(1 + at * 7 % 5)], then).await;
                    if !one {
                        break;
                    }
                    kills += 1 + usize::from(other);
                }
            }
        }
    }
    kills
}

#[tokio::test]
async fn rotation_killed_anywhere_loses_nothing() {
    let kills = sweep(&Bench::new(Secrecy::Readable).await, &[Then::Finish, Then::Abort]).await;
    println!("{kills} kills");
    assert!(kills >= 100, "only {kills} kills");
}

/// The secret of an interrupted attempt cannot be read, so the rotation deletes it and issues
/// another one.
#[tokio::test]
async fn rotation_of_secrets_shown_once_loses_nothing() {
    let kills = sweep(&Bench::new(once()).await, &[Then::Finish, Then::Abort]).await;
    println!("{kills} kills");
    assert!(kills >= 80, "only {kills} kills");
}

#[tokio::test]
async fn rotation_killed_while_the_previous_secret_is_inactive_loses_nothing() {
    let bench = Bench::new(once()).await;
    let kills = sweep(&bench, &[Then::ParkAndFinish, Then::ParkAndAbort]).await;
    println!("{kills} kills");
    assert!(kills >= 80, "only {kills} kills");
}

impl Bench {
    /// Returns a bench whose server replaces a secret immediately, so rotations need a twin.
    async fn with_twins(secrecy: Secrecy) -> Self {
        let mut bench = Self::new(secrecy).await;
        bench.abilities.overlap = Overlap::None;
        bench.abilities.deactivates_secrets = false;
        bench
    }

    /// Returns the journal of a rotation that delivers the secret of the twin to the first
    /// destination, and its ID to the second one.
    async fn twin_journal(&self, client: &str) -> Journal {
        fs::write(self.directory.path().join("second"), client).unwrap();
        let found = self.api.show(CredentialRef::new(Kind::M2m, client.into())).await.unwrap();
        let mut journal = self.journal(client);
        found.name().raw().clone_into(&mut journal.name);
        journal.twin = Some(twin::planned(&found, &journal.id, false));
        let [first, second] = self.destinations.as_slice() else { panic!("two destinations") };
        journal.deliveries = vec![Delivery::to(first), Delivery::of_id(second)];
        journal
    }

    async fn clients(&self) -> Vec<(String, String)> {
        let listed = self.ada.get("/v3/oauth-clients").await.body;
        let text = |it: &Value, name: &str| it[name].as_str().unwrap().to_owned();
        let all = listed["data"].as_array().unwrap();
        all.iter().map(|it| (text(it, "client_id"), text(it, "name"))).collect()
    }
}

/// Kills the rotation to a twin, and its continuation; returns whether each was killed.
async fn twin_round(bench: &Bench, kills: [Kill; 2], then: Then) -> [bool; 2] {
    let (client, old) = bench.client().await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let mut next = Some(bench.twin_journal(&client).await);
    let key = next.as_ref().unwrap().vault_key();
    let mut was_killed = [false, false];
    for (at, kill) in kills.into_iter().chain([Kill::Never]).enumerate() {
        let Some(journal) = next.take().or_else(|| journals.all().unwrap().pop()) else {
            break; // killed before anything was recorded
        };
        if journal.stage.is_final() {
            break;
        }
        let report = reporter(kill);
        let mut rotation = bench.rotation(&journals, journal, &report);
        let run = async {
            // The first run ends after the creation of the twin, the second one after its delivery.
            rotation.advance().await?;
            rotation.advance().await?;
            if at == 0 { Ok(()) } else { go_on(&mut rotation, then).await }
        };
        match killed(kill, run).await {
            Some(result) => result.unwrap_or_else(|error| panic!("{kills:?}: {error}")),
            None => was_killed[at] = true,
        }
        // At every point, the former client works, or the delivered pair does.
        let [secret, id] = bench.delivered();
        let one_works = bench.works(&client, &old).await || bench.works(&id, &secret).await;
        assert!(one_works, "an outage after {kills:?}");
    }
    let [secret, id] = bench.delivered();
    assert!(bench.works(&id, &secret).await, "{kills:?}");
    if let Some(end) = journals.all().unwrap().pop() {
        assert!(end.stage.is_final(), "{kills:?}: {:?}", end.stage);
        assert_eq!(id == client, end.stage == RotationStage::Aborted, "{kills:?}");
    }
    assert!(bench.vault.load(&key).await.unwrap().is_none(), "a secret is left after {kills:?}");
    assert_eq!(bench.clients().await, [(id.clone(), "Sync".to_owned())], "{kills:?}");
    bench.ada.delete(&format!("/v3/oauth-clients/{id}")).await;
    was_killed
}

async fn twin_sweep(secrecy: Secrecy) {
    let bench = Bench::with_twins(secrecy).await;
    let mut kills = 0;
    for then in [Then::Finish, Then::Abort] {
        for first in [Kill::Wait as fn(usize) -> Kill, Kill::Action] {
            for at in 1.. {
                let second = if at % 2 == 0 { Kill::Action } else { Kill::Wait };
                let [one, other] =
                    twin_round(&bench, [first(at), second(1 + at * 7 % 5)], then).await;
                if !one {
                    break;
                }
                kills += 1 + usize::from(other);
            }
        }
    }
    assert!(kills >= 50, "only {kills} kills");
}

#[tokio::test]
async fn twin_takes_over_despite_kills() {
    twin_sweep(Secrecy::Readable).await;
}

/// The secret of an interrupted creation is lost, so that client is deleted.
#[tokio::test]
async fn twin_with_a_secret_shown_once_takes_over_despite_kills() {
    twin_sweep(once()).await;
}

#[tokio::test]
async fn twin_waits_for_its_roles_before_it_is_delivered() {
    let bench = Bench::with_twins(once()).await;
    let (client, old) = bench.client().await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let journal = bench.twin_journal(&client).await;
    let mut rotation = bench.rotation(&journals, journal, &|_| {});
    rotation.advance().await.unwrap();
    assert_eq!(rotation.journal.stage, RotationStage::Issued);
    assert_eq!(bench.delivered(), [old.clone(), client.clone()], "nothing is delivered yet");
    let names: Vec<String> = bench.clients().await.into_iter().map(|it| it.1).collect();
    assert!(names.contains(&format!("Sync {}", rotation.journal.id)), "{names:?}");
    rotation.advance().await.unwrap();
    let [secret, id] = bench.delivered();
    assert!(bench.works(&id, &secret).await && bench.works(&client, &old).await);
    // Once the former client is deleted, only the twin is left.
    rotation.finish().await.unwrap();
    assert!(!bench.works(&client, &old).await && bench.works(&id, &secret).await);
    assert_eq!(bench.clients().await, [(id, "Sync".to_owned())]);
}

fn once() -> Secrecy {
    Secrecy::Once("shown once".into())
}

/// Between its deactivation and its deletion, the previous secret can be activated again.
#[tokio::test]
async fn deactivated_secret_is_deleted_a_day_later() {
    let bench = Bench::new(Secrecy::Readable).await;
    let (client, old) = bench.client().await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let mut rotation = bench.rotation(&journals, bench.journal(&client), &|_| {});
    rotation.advance().await.unwrap();
    rotation.clock = after_the_overlap;
    rotation.advance().await.unwrap();
    assert_eq!(rotation.journal.stage, RotationStage::Parked);
    assert!(!bench.works(&client, &old).await && bench.secrets(&client).await == 2);
    rotation.advance().await.unwrap();
    assert_eq!(rotation.journal.stage, RotationStage::Parked, "not due yet");
    rotation.clock = || after_the_overlap() + jiff::SignedDuration::from_hours(25);
    rotation.advance().await.unwrap();
    assert_eq!((rotation.journal.stage, bench.secrets(&client).await), (RotationStage::Closed, 1));
}

/// A previously skipped destination gets the new secret before the previous one is deleted, and its
/// consumers get another overlap.
#[tokio::test]
async fn skipped_destination_is_delivered_before_the_deletion() {
    let bench = Bench::new(Secrecy::Readable).await;
    let (client, old) = bench.client().await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let skip = ["second".to_owned()];
    let mut rotation = bench.rotation(&journals, bench.journal(&client), &|_| {});
    rotation.skip = &skip;
    rotation.advance().await.unwrap();
    rotation.clock = after_the_overlap;
    rotation.advance().await.unwrap();
    assert_eq!((rotation.journal.stage, &bench.delivered()[1]), (RotationStage::Parked, &old));

    rotation.skip = &[];
    rotation.clock = || after_the_overlap() + jiff::SignedDuration::from_hours(25);
    rotation.advance().await.unwrap();
    let [first, second] = bench.delivered();
    assert_eq!((rotation.journal.stage, first == second), (RotationStage::Watching, true));
    assert_eq!(bench.secrets(&client).await, 2);
    rotation.abort().await.unwrap();
    assert!(bench.works(&client, &old).await, "activated again");
}

#[tokio::test]
async fn abort_is_refused_once_the_previous_secret_is_inactive() {
    let bench = Bench::new(Secrecy::Readable).await;
    let (client, old) = bench.client().await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let mut rotation = bench.rotation(&journals, bench.journal(&client), &|_| {});
    rotation.advance().await.unwrap();
    let previous = rotation.journal.previous_id.clone().unwrap();
    let path = format!("/v3/oauth-clients/{client}/secrets/{previous}");
    bench.ada.patch(&path, json!({ "active": false })).await;
    let new = bench.delivered();
    assert!(matches!(rotation.abort().await, Err(RotationError::CannotAbort(_))));
    assert_eq!(rotation.journal.stage, RotationStage::Watching);
    assert_eq!(bench.delivered(), new, "the destinations keep the secret that works");
    assert!(!bench.works(&client, &old).await && bench.works(&client, &new[0]).await);
    rotation.finish().await.unwrap();
    assert_eq!(bench.secrets(&client).await, 1);
}

/// A skipped destination, and a destination to which a deployment restored the previous secret, get
/// the new secret before the previous secret is deactivated.
#[tokio::test]
async fn previous_secret_stays_until_all_destinations_are_updated() {
    let bench = Bench::new(Secrecy::Readable).await;
    let (client, old) = bench.client().await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let second = bench.directory.path().join("second");
    fs::remove_file(&second).unwrap();
    fs::create_dir(&second).unwrap();
    let skip = ["second".to_owned()];
    let journal = bench.journal(&client);
    let mut rotation = Rotation { skip: &skip, ..bench.rotation(&journals, journal, &|_| {}) };
    // The path of the destination is a directory. Its content cannot be read, so no secret is
    // issued.
    assert!(matches!(rotation.advance().await, Err(RotationError::Destination(_))));
    assert_eq!((rotation.journal.stage, bench.secrets(&client).await), (RotationStage::Aborted, 1));
    fs::remove_dir(&second).unwrap();
    fs::write(&second, &old).unwrap();
    let journal = bench.journal(&client);
    let mut rotation = Rotation { skip: &skip, ..bench.rotation(&journals, journal, &|_| {}) };
    rotation.advance().await.unwrap();
    assert_eq!(rotation.journal.stage, RotationStage::Watching);
    assert_eq!(bench.delivered()[1], old, "skipped");

    fs::write(bench.directory.path().join("first"), &old).unwrap();
    let mut rotation = bench.rotation(&journals, rotation.journal, &|_| {});
    assert!(matches!(rotation.finish().await, Err(RotationError::Differs(_))));
    assert!(bench.works(&client, &old).await, "the previous secret still works");
    rotation.finish().await.unwrap();
    let [first, other] = bench.delivered();
    assert!(first == other && first != old && bench.works(&client, &first).await);
    assert_eq!(bench.secrets(&client).await, 1);
}

/// If an abort restores the destinations, but is not allowed to withdraw the new secret, the
/// rotation can be resumed. The destinations get the new secret again, with a full overlap.
#[tokio::test]
async fn destinations_get_the_secret_again_after_a_refused_abort() {
    let bench = Bench::new(once()).await;
    let (client, old) = bench.client().await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let mut rotation = bench.rotation(&journals, bench.journal(&client), &|_| {});
    rotation.advance().await.unwrap();
    let (new, first) = (bench.delivered(), rotation.journal.delivered_at.unwrap());

    let viewer = User { role: "viewer".to_owned(), ..User::new("ada", "editor") };
    let bearer = Arc::new(Fixed(Arc::new(bench.served.minter.bearer_for(&viewer).unwrap())));
    let http = Http::new(&bench.served.base_url, Some(bearer), &Trust::default()).unwrap();
    let api = Contract::new(http, &bench.served.base_url);
    let mut refused =
        Rotation { api: &api, ..bench.rotation(&journals, rotation.journal, &|_| {}) };
    let result = refused.abort().await;
    assert!(matches!(result, Err(RotationError::CannotAbort(_))), "{result:?}");
    assert_eq!(bench.delivered(), [old.clone(), old.clone()], "restored before the refusal");

    let mut rotation = bench.rotation(&journals, refused.journal, &|_| {});
    rotation.advance().await.unwrap();
    assert_eq!(bench.delivered(), new);
    assert!(rotation.journal.delivered_at.unwrap() > first, "a new overlap");
    rotation.finish().await.unwrap();
    assert!(bench.works(&client, &new[0]).await && !bench.works(&client, &old).await);
}

#[tokio::test]
async fn secret_of_another_program_is_not_ended() {
    let bench = Bench::new(Secrecy::Readable).await;
    let (client, _) = bench.client().await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let mut rotation = bench.rotation(&journals, bench.journal(&client), &|_| {});
    rotation.advance().await.unwrap();
    let path = format!("/v3/oauth-clients/{client}");
    let previous = rotation.journal.previous_id.clone().unwrap();
    assert_eq!(bench.ada.delete(&format!("{path}/secrets/{previous}")).await.status, 204);
    let other = bench.ada.post(&format!("{path}/secrets"), json!(null)).await;
    let other = other.body["client_secret"].as_str().unwrap().to_owned();
    assert!(matches!(rotation.finish().await, Err(RotationError::Superseded)));
    assert!(bench.works(&client, &other).await);
}

/// A rotation that is refused before a secret is issued leaves nothing in the session store.
#[tokio::test]
async fn client_with_two_secrets_is_not_rotated() {
    let bench = Bench::new(once()).await;
    let (client, old) = bench.client().await;
    bench.ada.post(&format!("/v3/oauth-clients/{client}/secrets"), json!(null)).await;
    let directory = tempfile::tempdir().unwrap();
    let journals = Journals::below(directory.path());
    let journal = bench.journal(&client);
    let key = journal.vault_key();
    let mut rotation = bench.rotation(&journals, journal, &|_| {});
    assert!(matches!(rotation.advance().await, Err(RotationError::NotIssued(_))));
    assert_eq!(rotation.journal.stage, RotationStage::Aborted);
    assert!(bench.vault.load(&key).await.unwrap().is_none());
    assert_eq!(bench.secrets(&client).await, 2);
    assert!(bench.works(&client, &old).await);
}
