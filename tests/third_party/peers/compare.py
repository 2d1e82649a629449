"""Gives the same faulty clients to credenza and to kcwarden, and tells what each of them finds.

The clients are the failing examples of the audit's rules (src/domain/audit/examples.txt) that are about one
OAuth client and that Keycloak has a place for: once as a snapshot, once as a realm export. What kcwarden says
of a client without any fault counts for nothing. Usage: compare.py CREDENZA KCWARDEN
"""

import json
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
FAMILIES = ("URL", "ORG", "LGN", "GRA", "AUT")
CONTROL = "without-fault"
# What Keycloak has a place for; an example that needs more is left out.
KNOWN = {
    "name", "callbacks", "allowed_logout_urls", "web_origins", "allowed_origins", "initiate_login_uri",
    "grant_types", "use_default_urls", "code_challenge_method", "full_scope_allowed", "default_scopes",
    "token_endpoint_auth_method", "id_token_signed_response_alg", "app_type", "client_secrets",
}
GRANTS = {
    "authorization_code": "standardFlowEnabled",
    "implicit": "implicitFlowEnabled",
    "password": "directAccessGrantsEnabled",
    "client_credentials": "serviceAccountsEnabled",
}


def examples():
    """Rule and client of each failing example that can be compared."""
    for line in (ROOT / "src/domain/audit/examples.txt").read_text().splitlines():
        parts = line.split(None, 2)
        if len(parts) < 3 or parts[1] != "fail" or not parts[0].startswith(FAMILIES):
            continue
        rule, rest = parts[0], parts[2]
        kind = "spa"
        if rest.startswith("m2m "):
            kind, rest = "m2m", rest[4:]
        if not rest.startswith("{"):
            continue
        client = json.loads(rest)
        if set(client) <= KNOWN:
            client.setdefault("app_type", kind)
            yield rule, client


def of_snapshot(client_id, client):
    return {"name": client_id, **client, "client_id": client_id}


def of_keycloak(client_id, client):
    grants = client.get("grant_types") or (
        ["client_credentials"] if client["app_type"] == "m2m" else ["authorization_code"]
    )
    public = client["app_type"] == "spa" and "client_secrets" not in client
    made = {
        "clientId": client_id,
        "name": client.get("name", client_id),
        "enabled": True,
        "protocol": "openid-connect",
        "publicClient": public and client.get("token_endpoint_auth_method", "none") == "none",
        "bearerOnly": False,
        "clientAuthenticatorType": "client-secret",
        "redirectUris": client.get("callbacks") or [],
        "webOrigins": (client.get("web_origins") or []) + (client.get("allowed_origins") or []),
        "baseUrl": client.get("initiate_login_uri") or "",
        "fullScopeAllowed": client.get("full_scope_allowed", False),
        "defaultClientScopes": client.get("default_scopes") or [],
        "optionalClientScopes": [],
        "consentRequired": False,
        "attributes": {
            "pkce.code.challenge.method": client.get("code_challenge_method", "S256") or "",
            "post.logout.redirect.uris": "##".join(client.get("allowed_logout_urls") or []),
            "id.token.signed.response.alg": client.get("id_token_signed_response_alg", "RS256"),
        },
        "protocolMappers": [],
        "authenticationFlowBindingOverrides": {},
    }
    for grant, switch in GRANTS.items():
        made[switch] = grant in grants
    return made


def realm(clients):
    empty_lists = [
        "groups", "users", "clientScopes", "identityProviders", "identityProviderMappers",
        "authenticationFlows", "authenticatorConfig", "requiredActions", "defaultDefaultClientScopes",
        "defaultOptionalClientScopes", "scopeMappings",
    ]
    return {
        "realm": "compared", "enabled": True, "sslRequired": "external", "clients": clients,
        "roles": {"realm": [], "client": {}}, "components": {}, "clientScopeMappings": {},
        "attributes": {}, "keycloakVersion": "26.0.0", "registrationAllowed": False, "verifyEmail": True,
        "bruteForceProtected": True, "revokeRefreshToken": True, "refreshTokenMaxReuse": 0,
        "accessTokenLifespan": 300, "offlineSessionMaxLifespanEnabled": True, **{name: [] for name in empty_lists},
    }


def asked(command, **options):
    return subprocess.run(command, text=True, capture_output=True, check=False, **options)


def main(credenza, kcwarden):
    faulty = [(rule, f"{rule}-{at}", client) for at, (rule, client) in enumerate(examples())]
    snapshot = {
        "schema": "credenza.snapshot/v1",
        "taken_at": "2026-01-01T00:00:00Z",
        "profile": {"name": "compared", "base_url": "https://api.acme.dev"},
        "clients": [of_snapshot(name, client) for _, name, client in faulty],
        "tokens": [],
    }
    audit = ["audit", "-", "--persona", "auditor", "--output", "json", "--exit-zero"]
    ran = asked([credenza, *audit], input=json.dumps(snapshot))
    ours = {}
    for finding in json.loads(ran.stdout)["findings"]:
        ours.setdefault(finding["id"], set()).add(finding["rule"])

    control = {"app_type": "spa", "callbacks": ["https://app.acme.dev/cb"], "name": CONTROL}
    services = {"app_type": "m2m", "name": f"{CONTROL}-m2m"}
    named = [(name, client) for _, name, client in faulty]
    named += [(CONTROL, control), (services["name"], services)]
    with tempfile.TemporaryDirectory() as directory:
        file = pathlib.Path(directory) / "realm.json"
        file.write_text(json.dumps(realm([of_keycloak(name, client) for name, client in named])))
        ran = asked([kcwarden, "audit", "--format", "json", str(file)])
    if ran.returncode != 0:
        sys.exit(ran.stdout + ran.stderr)
    theirs = {}
    for finding in json.loads(ran.stdout):
        theirs.setdefault(finding["entity"], set()).add(finding["short_description"])
    always = theirs.get(CONTROL, set()) | theirs.get(services["name"], set())

    rules = {}
    for rule, name, _ in faulty:
        counts = rules.setdefault(rule, [0, 0, 0])
        counts[0] += 1
        counts[1] += rule in ours.get(name, set())
        counts[2] += bool(theirs.get(name, set()) - always)
    print(f"{'rule':<7}{'clients':>8}{'credenza':>10}{'kcwarden':>10}")
    for rule, (clients, found, told) in sorted(rules.items()):
        print(f"{rule:<7}{clients:>8}{found:>10}{told:>10}")
    clients, found, told = (sum(counts[at] for counts in rules.values()) for at in range(3))
    print(f"{'all':<7}{clients:>8}{found:>10}{told:>10}")
    missed = sorted(rule for rule, counts in rules.items() if counts[2] == 0)
    print(f"\nkcwarden says nothing of any client for {len(missed)} of {len(rules)} rules: {', '.join(missed)}")
    sys.exit(0 if found == clients else 1)


main(*sys.argv[1:])
