// A person with Chromium: node browse.mjs URL USER PASSWORD. Logs in, agrees, and prints where the browser
// was sent last and what the page is called. Nothing but loopback is reached.
import { chromium } from 'playwright-core';

const [, , start, user, password] = process.argv;
const local = (url) => ['127.0.0.1', '[::1]', 'localhost'].includes(new URL(url).hostname);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--no-proxy-server', '--password-store=basic'],
});
const page = await browser.newPage();
page.setDefaultTimeout(30_000);
let last = start;
page.on('request', (request) => {
  if (request.isNavigationRequest()) last = request.url();
});
const ended = () => /[?&](code|error)=/.test(last) && new URL(last).origin !== new URL(start).origin;
// Whichever comes first; what is missed is seen in the next step.
const moved = () => {
  const done = page.waitForFunction(() => /success|failed/i.test(document.title), null, { timeout: 5_000 });
  const gone = page.waitForEvent('framenavigated', { timeout: 5_000 });
  return Promise.race([done, gone].map((it) => it.catch(() => {})));
};
await page.route((url) => !local(url), (route) => route.abort());
try {
  await page.goto(start);
  for (let step = 0; step < 12; step += 1) {
    if (ended() || /success/i.test(await page.title().catch(() => ''))) break;
    const name = page.locator('input[name=username], input[name=login]');
    if (await name.count()) {
      await name.fill(user);
      await page.locator('input[name=password]').fill(password);
    }
    const button = page.locator('button[type=submit]').first();
    if (!(await button.count())) {
      // A browser app at work: it goes elsewhere, or its title changes when it is done.
      await moved();
      if (/failed/i.test(await page.title().catch(() => ''))) break;
      continue;
    }
    const gone = moved();
    await button.click({ noWaitAfter: true });
    await gone;
    await page.waitForLoadState('load').catch(() => {});
  }
} catch (error) {
  // Where nobody listens, Chromium shows an error page; the address is what counts.
  if (!ended()) throw error;
}
const title = await page.title().catch(() => '');
process.stdout.write(`${JSON.stringify({ last, title })}\n`);
await browser.close();
