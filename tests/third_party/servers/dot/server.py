"""django-oauth-toolkit with dynamic client registration, on loopback, in a temporary directory.

    ALICE_TOKEN=... BOB_TOKEN=... python server.py [PORT]

Prints one line of JSON with its address once it listens. The two tokens are ordinary access tokens of two
users: what one of them registers is theirs. INITIAL_SECONDS bounds their life; TERM ends the server.
"""

import json
import os
import signal
import socketserver
import sys
import tempfile
from datetime import timedelta
from wsgiref import simple_server

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path
from django.utils import timezone

here = tempfile.TemporaryDirectory()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
apps = ["django.contrib.contenttypes", "django.contrib.auth", "oauth2_provider"]
settings.configure(
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    AUTHENTICATION_BACKENDS=["oauth2_provider.backends.OAuth2Backend"],
    DATABASES={"default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.path.join(here.name, "db.sqlite3"),
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=apps,
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "oauth2_provider.middleware.OAuth2TokenMiddleware",
    ],
    # Tables straight from the models, without their history: a quick start.
    MIGRATION_MODULES={app.rpartition(".")[2]: None for app in apps},
    OAUTH2_PROVIDER={
        "DCR_ENABLED": True,
        "SCOPES": {"read": "Read", "write": "Write"},
        "DEFAULT_SCOPES": ["read"],
    },
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.urandom(32).hex(),
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    USE_TZ=True,
)
django.setup()

from oauth2_provider.urls import metadata_urlpatterns  # noqa: E402, needs the settings

urlpatterns = [
    path("o/", include("oauth2_provider.urls")),
    path("", include((metadata_urlpatterns, "metadata"))),  # RFC 8414 section 3.1 wants it at the root
]


class Server(socketserver.ThreadingMixIn, simple_server.WSGIServer):
    daemon_threads = True

    def server_bind(self):  # without asking the resolver for this host's name
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address
        self.setup_environ()


def main():
    from django.contrib.auth.models import User
    from oauth2_provider.models import AccessToken, set_token_value

    call_command("migrate", run_syncdb=True, verbosity=0)
    expires = timezone.now() + timedelta(seconds=int(os.environ.get("INITIAL_SECONDS", 3600)))
    for name in ("alice", "bob"):
        user = User(username=name)
        user.set_unusable_password()
        user.save()
        token = AccessToken(user=user, expires=expires, scope="read")
        set_token_value(token, os.environ[f"{name.upper()}_TOKEN"])
        token.save()

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    server = simple_server.make_server("127.0.0.1", port, get_wsgi_application(), server_class=Server)
    print(json.dumps({"issuer": f"http://127.0.0.1:{server.server_port}/o"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
