//! TLS certificates: the platform's roots, the profile's `ca_file`, and no way to disable
//! verification.

use std::process::Command;

use crate::counterparts::{binary, tls_server};

fn openssl(folder: &std::path::Path, line: &str) {
    let status = Command::new("openssl")
        .args(line.split(' '))
        .current_dir(folder)
        .stderr(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success(), "openssl {line}");
}

#[test]
fn a_private_ca_is_trusted_by_its_file_and_by_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("names"), "subjectAltName=DNS:localhost").unwrap();
    openssl(
        folder.path(),
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca",
    );
    openssl(
        folder.path(),
        "req -newkey rsa:2048 -nodes -keyout key.pem -out csr.pem -subj /CN=localhost",
    );
    openssl(
        folder.path(),
        "x509 -req -in csr.pem -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out cert.pem -extfile names",
    );
    let server = tls_server(&path("cert.pem"), &path("key.pem"));
    let port = server.said["port"].as_u64().unwrap();
    let add = |name: &str, host: &str, ca: Option<&str>| {
        let url = format!("https://{host}:{port}");
        let mut arguments = vec!["profile", "add", name, "--base-url", &url];
        arguments.extend(ca.iter().flat_map(|ca| ["--ca-file", ca]));
        let output = Command::new(binary())
            .args(arguments)
            .env("HOME", folder.path())
            .env_remove("XDG_CONFIG_HOME")
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.success(), text)
    };
    let (done, said) = add("a", "localhost", None);
    assert!(
        !done
            && said
                .contains("was rejected: it was issued by a CA that this machine does not trust"),
        "{said}"
    );
    assert!(said.contains("ca_file") && said.contains("cannot be disabled"), "{said}");
    let (done, said) = add("b", "localhost", Some(&path("ca.pem")));
    assert!(done, "{said}");
    let (done, said) = add("c", "127.0.0.1", Some(&path("ca.pem")));
    assert!(!done && said.contains("for another host name"), "{said}");
    openssl(
        folder.path(),
        "req -x509 -newkey rsa:2048 -nodes -keyout own.key -out own.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost",
    );
    let own = tls_server(&path("own.pem"), &path("own.key"));
    let port = own.said["port"].as_u64().unwrap();
    let output = Command::new(binary())
        .args(["profile", "add", "own", "--base-url", &format!("https://localhost:{port}")])
        .args(["--ca-file", &path("own.pem")])
        .env("HOME", folder.path())
        .env_remove("XDG_CONFIG_HOME")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("it is a CA certificate") && said.contains("CA:FALSE"), "{said}");
    let (done, said) = add("d", "localhost", Some(&path("key.pem")));
    assert!(!done && said.contains("it contains no certificate"), "{said}");
}
