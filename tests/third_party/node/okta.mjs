// Okta's own client library sends its requests for the secrets and the state of an app to the URL in the first argument.
import okta from '@okta/okta-sdk-nodejs';

const [orgUrl] = process.argv.slice(2);
const client = new okta.Client({ orgUrl, token: 'unused', testing: { disableHttpsCheck: true } });
const { applicationApi, applicationSSOPublicKeysApi: secrets } = client;
const appId = 'app';
const requests = [
  () => applicationApi.getApplication({ appId }),
  () => applicationApi.activateApplication({ appId }),
  () => applicationApi.deactivateApplication({ appId }),
  () => applicationApi.deleteApplication({ appId }),
  async () => (await secrets.listOAuth2ClientSecrets({ appId })).each(() => false),
  () => secrets.createOAuth2ClientSecret({ appId, oAuth2ClientSecretRequestBody: {} }),
  ...['one', 'two'].flatMap(secretId => [
    () => secrets.activateOAuth2ClientSecret({ appId, secretId }),
    () => secrets.deactivateOAuth2ClientSecret({ appId, secretId }),
    () => secrets.deleteOAuth2ClientSecret({ appId, secretId }),
  ]),
];
for (const request of requests) {
  // The answers are not those of Okta, so only the requests count.
  await request().catch(() => undefined);
}
