// What is being written outlives everything that can happen to a phone.

import { expect, test } from "../phone.js";

test.use({ demo: false });

const situation = (phone) => phone.page.locator("#situation");
const savedLine = (phone) => phone.page.locator(".saved-line");
const drafts = (phone) => phone.page.locator("section[aria-labelledby=drafts] li");

/** Writes as a person does, key by key, and does not wait for anything. */
async function write(phone, text) {
  await situation(phone).pressSequentially(text, { delay: 15 });
}

async function isKept(phone) {
  await expect(savedLine(phone)).toContainText("Utkast sparat på telefonen");
}

test("300 ms after the last keystroke the battery may run out", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  const text = "En kund kom tillbaka med en burk färg som hade torkat.";
  await write(phone, text);
  // The promise itself is a time.
  await phone.page.waitForTimeout(300);
  await phone.kill();

  await phone.open("/beratta");
  await expect(phone.page.getByRole("heading", { name: "Fortsätt där du var?" })).toBeVisible();
  await expect(drafts(phone)).toContainText("En kund kom tillbaka");
  await phone.page.getByRole("button", { name: "Fortsätt" }).click();
  await expect(situation(phone)).toHaveValue(text);
});

test("what is typed while the words before are being kept outlives page and engine", async ({ phone }) => {
  await phone.page.addInitScript(() => {
    window.Worker = class extends Worker {
      constructor(...how) {
        super(...how);
        this.addEventListener("message", (event) => {
          const { meanwhile } = window;
          if (!meanwhile || !JSON.parse(event.data).news?.kept) return;
          // The engine's word is still on its way when more is typed.
          window.meanwhile = undefined;
          event.stopImmediatePropagation();
          meanwhile();
          this.dispatchEvent(new MessageEvent("message", { data: event.data }));
          this.terminate();
          location.assign("/jag");
        });
      }
    };
  });
  await phone.join();
  await phone.goto("/beratta");
  await phone.page.evaluate(() => {
    const field = document.querySelector("#situation");
    const type = (text) => {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    };
    window.meanwhile = () => type("Först och sist");
    type("Först");
  });
  await phone.page.waitForURL(/jag/);
  await phone.isReady();
  await expect(drafts(phone)).toContainText("Först och sist");
});

test("two drafts are two, each with its own text", async ({ phone }) => {
  await phone.join();
  const texts = ["Hissen stod still hela lördagen.", "Kassan tog slut på växel."];
  const addresses = [];
  for (const text of texts) {
    await phone.goto("/beratta");
    await write(phone, text);
    await isKept(phone);
    await expect(phone.page).toHaveURL(/utkast=/);
    addresses.push(phone.page.url());
  }
  expect(addresses[0]).not.toBe(addresses[1]);
  await phone.goto("/jag");
  await expect(drafts(phone)).toHaveCount(2);
  for (const [index, text] of texts.entries()) {
    await phone.goto(addresses[index]);
    await expect(situation(phone)).toHaveValue(text);
  }
});

test("a discarded draft is gone, and can be had back", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  await write(phone, "Det här vill jag inte ha kvar.");
  await isKept(phone);
  await phone.goto("/jag");
  await drafts(phone).getByRole("button", { name: "Släng utkastet" }).click();
  await expect(drafts(phone)).toHaveCount(0);
  await phone.page.getByRole("button", { name: "Ångra" }).click();
  await expect(drafts(phone)).toContainText("Det här vill jag inte");
  await phone.reload();
  await expect(drafts(phone)).toContainText("Det här vill jag inte");

  await drafts(phone).getByRole("button", { name: "Släng utkastet" }).click();
  await expect(drafts(phone)).toHaveCount(0);
  await phone.reload();
  await expect(phone.page.locator("#mine")).toBeVisible();
  await expect(drafts(phone)).toHaveCount(0);
});

test("a finger that taps twice tells one story", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  await write(phone, "Vi hittade en borttappad vante och skickade den med bud.");
  await phone.page.evaluate(() => {
    const save = document.querySelector(".dock button");
    save.click();
    save.click();
  });
  await phone.page.locator(".slip").waitFor();
  await phone.goto("/jag");
  await expect(phone.page.locator("li.mine")).toHaveCount(1);
  await expect(drafts(phone)).toHaveCount(0);
  await expect(phone.page.getByText("Allt på telefonen är skickat.")).toBeVisible();
  await phone.goto("/bibliotek");
  await expect(phone.page.locator(".story-card")).toHaveCount(1);
});

test("the back button keeps the text, and so does reloading", async ({ phone }) => {
  await phone.join();
  await phone.page.locator(".tell-button").click();
  const text = "Han ville byta en borr han köpt 1987.";
  await write(phone, text);
  await phone.page.goBack();
  await expect(phone.page.getByRole("heading", { level: 1 })).toHaveText("Hej Elin!");
  await phone.page.locator(".tell-button").click();
  await phone.page.getByRole("button", { name: "Fortsätt" }).click();
  await expect(situation(phone)).toHaveValue(text);

  await situation(phone).press("End");
  await write(phone, " Vi bytte den.");
  await phone.reload();
  await expect(situation(phone)).toHaveValue(`${text} Vi bytte den.`);
});

test("reloading in the middle of a word, again and again, keeps every letter in one draft", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  await write(phone, "a");
  await expect(phone.page).toHaveURL(/utkast=/);
  let text = "a";
  for (const letters of ["bcd", "efgh", "ij", "klmno", "p"]) {
    text += letters;
    // The page goes with the last letter, before the engine has written anything of it.
    const gone = phone.page.waitForEvent("load");
    await phone.page.evaluate((text) => {
      const field = document.querySelector("#situation");
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      location.reload();
    }, text);
    await gone;
    await phone.isReady();
    await expect(situation(phone)).toHaveValue(text);
  }
  await phone.goto("/jag");
  await expect(drafts(phone)).toHaveCount(1);
});

test("after it was told, the back button does not lead to a draft of it", async ({ phone }) => {
  await phone.join();
  await phone.page.locator(".tell-button").click();
  await write(phone, "Vi ringde hem till henne när varan kom.");
  await phone.page.locator(".dock button").click();
  await phone.page.locator(".slip").waitFor();
  await phone.page.goBack();
  await expect(phone.page.getByRole("heading", { level: 1 })).toHaveText("Hej Elin!");
  await phone.goto("/jag");
  await expect(phone.page.locator("li.mine")).toHaveCount(1);
  await expect(drafts(phone)).toHaveCount(0);
});

test("what was begun before joining is there after it", async ({ solsken, phone }) => {
  await phone.goto("/beratta");
  const text = "Jag såg en kollega bära ut en hel soffa i regnet.";
  await write(phone, text);
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect(phone.page).toHaveURL(/\/ga-med/);
  const secret = new URL(solsken.links.member).hash.slice(1);
  await phone.page.getByLabel("Kod").fill(secret);
  await phone.page.getByRole("button", { name: "Fortsätt" }).click();
  await phone.page.locator("[name=name]").fill("Amina K.");
  await phone.page.getByRole("button", { name: "Gå med" }).click();
  await expect(phone.page).toHaveURL(/\/beratta\?utkast=/);
  await expect(situation(phone)).toHaveValue(text);
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
  await expect(phone.page.getByRole("heading", { level: 1 })).toHaveText("Tack, Amina!");
});

test("whoever returns to a draft before the engine is there cannot write into nothing", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  const text = "Kunden ville ha exakt samma gröna som 1962.";
  await write(phone, text);
  await isKept(phone);
  // A slow phone: the engine takes its time to load, and a finger is faster.
  const address = phone.page.url();
  let go;
  const slow = new Promise((resolve) => (go = resolve));
  const context = phone.context;
  await phone.page.evaluate(async () => {
    for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
    for (const name of await caches.keys()) await caches.delete(name);
  });
  await context.route(/engine-boot/, async (route) => {
    await slow;
    await route.continue();
  });
  await phone.goto(address);
  await situation(phone).pressSequentially("Mer.", { delay: 20 });
  go();
  await expect(situation(phone)).toHaveValue(text);
  await expect(situation(phone)).toBeEditable();
  await situation(phone).press("Control+End");
  await write(phone, " Mer.");
  await isKept(phone);
  await phone.goto("/jag");
  await expect(drafts(phone)).toHaveCount(1);
  await phone.goto(address);
  await expect(situation(phone)).toHaveValue(`${text} Mer.`);
});

test("what is typed into the server's page before the app has loaded stays", async ({ phones }) => {
  const phone = phones({ serviceWorkers: "block" });
  await phone.open();
  await phone.join();
  let go;
  const slow = new Promise((resolve) => (go = resolve));
  await phone.context.route(/\.wasm$/, async (route) => {
    await slow;
    await route.continue();
  });
  await phone.page.goto(`${phone.solsken.url}/beratta`, { waitUntil: "commit" });
  const text = "Skrivet medan appen ännu var på väg.";
  await situation(phone).pressSequentially(text);
  go();
  await phone.isReady();
  await expect(situation(phone)).toHaveValue(text);
  await isKept(phone);
  await phone.goto("/jag");
  await expect(drafts(phone)).toContainText("Skrivet medan appen");
});
