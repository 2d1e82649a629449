"""Microsoft's own Azure CLI sends its requests for app registrations to the URL in the first argument. The others are a
client ID and an object ID. No account is signed in: the token is a placeholder."""

import datetime
import sys

from azure.cli.command_modules.role import custom
from azure.cli.command_modules.role._msgrpah import GraphClient
from azure.cli.core import get_default_cli
from azure.cli.core._profile import Profile

url, app_id, object_id = sys.argv[1:]
cli = get_default_cli()
cli.cloud.endpoints.microsoft_graph_resource_id = url
Profile.get_raw_token = lambda *_, **__: (("Bearer", "placeholder", {}), None, None)


class Command:
    cli_ctx = cli


client = GraphClient(cli)
custom._graph_client_factory = lambda _: client
now = datetime.datetime(2026, 12, 1, tzinfo=datetime.timezone.utc)
password = custom._build_add_password_credential_body("Credenza", now, now + datetime.timedelta(days=180))

custom.list_applications(Command, client, include_all=True)
custom.list_applications(Command, client, show_mine=True)
custom.create_application(Command, client, "Nightly sync", sign_in_audience="AzureADMyOrg")
custom.create_service_principal(Command, app_id)
client.application_add_password(object_id, password)
client.application_remove_password(object_id, {"keyId": "key"})
custom.patch_application(Command, app_id, {"displayName": "Hourly sync", "web": {"redirectUris": ["https://a.example/"]}})
client.application_get(object_id)
custom.list_application_owners(client, app_id)
custom.app_federated_credential_list(client, app_id)
custom.delete_application(client, app_id)
