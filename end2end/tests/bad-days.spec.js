// Nothing here goes as it should, except that no word is lost and everyone is told what is the matter.

import { expect, test } from "../network.js";

const STORY = { happened: "Regnet slog in genom porten och en kund hjälpte oss att bära.", did: "Vi bjöd på kaffe." };
const YEAR_MS = 366 * 24 * 60 * 60 * 1000;

const banner = (phone) => phone.page.locator(".banner", { hasText: "Senaste försök" });
const mine = (phone) => phone.page.locator("li.mine");
const unsent = (phone) => phone.page.locator("section[aria-labelledby=waiting] li");
const situation = (phone) => phone.page.locator("#situation");

async function joined(phones, at, how) {
  const phone = phones(how, at);
  await phone.open();
  await phone.join();
  return phone;
}

test("an address that leads to no story, no path, or nowhere says so", async ({ phone }) => {
  await phone.join();
  await phone.canDoWithoutNetwork();
  const nobody = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b";
  const said = {
    [`/berattelse/${nobody}`]: "Berättelsen finns inte här",
    [`/lara/${nobody}`]: "Introduktionen finns inte här",
    [`/lara/${nobody}/andra`]: "Introduktionen finns inte här",
    [`/lara/${nobody}/visa`]: "Introduktionen finns inte här",
    [`/lara/${nobody}/1`]: "Berättelsen finns inte här",
    "/berattelse/inte-ett-id": "Sidan finns inte",
    "/lara/1/2/3": "Sidan finns inte",
  };
  for (const [address, heading] of Object.entries(said)) {
    await phone.goto(address);
    await expect(phone.page.getByRole("heading", { level: 1 }), address).toHaveText(heading);
    await expect(phone.page.locator("main a.button, .top-bar a").first(), `a way out of ${address}`).toBeVisible();
  }
});

test.describe("codes", () => {
  test.use({ demo: false });

  const code = (phone) => phone.page.getByLabel("Kod");
  const problem = (phone) => phone.page.getByRole("alert");
  const tryCode = async (phone, typed) => {
    await code(phone).fill(typed);
    await phone.page.getByRole("button", { name: "Fortsätt" }).click();
  };

  test("a wrong code, and one that is used up, are refused in words", async ({ solsken, phones }) => {
    const phone = phones();
    await phone.open();
    await tryCode(phone, "QQQQQQ");
    await expect(problem(phone)).toContainText("Koden stämmer inte, eller så är den förbrukad");
    await expect(code(phone)).toHaveValue("QQQQQQ");

    const invite = solsken.invite("member");
    const first = phones();
    await first.open(invite.link);
    // Both look at the invite while it is still good; one of them is faster.
    await tryCode(phone, invite.code.toLowerCase());
    for (const one of [first, phone]) await one.page.locator("[name=name]").fill("Elin W.");
    await first.page.getByRole("button", { name: "Gå med" }).click();
    await first.page.locator(".tab-bar").waitFor();
    await phone.page.getByRole("button", { name: "Gå med" }).click();
    await expect(problem(phone)).toContainText("förbrukad");
    await expect(phone.page.locator("[name=name]")).toHaveValue("Elin W.");
  });

  test("whoever guesses codes is slowed down, and told so", async ({ solsken, phone }) => {
    await phone.page.evaluate(async () => {
      const guess = (code) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ code }) });
      const answers = [];
      while (!answers.includes(429) && answers.length < 1000) {
        answers.push((await fetch("/api/v1/invite", guess(`ZZZZ${answers.length}`))).status);
      }
    });
    await tryCode(phone, "ZZZZZZ");
    await expect(problem(phone)).toContainText("För många fel koder");
    // A link still opens.
    await phone.goto(solsken.links.member);
    await expect(phone.page.locator("[name=name]")).toBeVisible();
  });
});

const REASONS = {
  refused: "Servern hade problem.",
  portal: "Något annat än Solsken svarade.",
  truncated: "Något annat än Solsken svarade.",
  cut: "Servern svarar inte, eller så har telefonen ingen täckning.",
};

for (const [weather, reason] of Object.entries(REASONS)) {
  test(`a story told while the answers are bad (${weather}) waits, says why, and arrives`, async ({ network, phones }) => {
    const phone = await joined(phones, network);
    await phone.canDoWithoutNetwork();
    network.api = weather;
    await phone.tell(STORY);
    await phone.goto("/jag");
    await expect(banner(phone)).toContainText(reason);
    await expect(mine(phone)).toContainText("Regnet slog in");
    await expect(mine(phone)).toContainText("Mottagen: väntar");
    await expect(unsent(phone)).toHaveCount(1);
    expect(network.met.some((asked) => asked.includes("/sync/push"))).toBe(true);
    // The library is not emptied by it, and it survives a reload.
    await phone.goto("/bibliotek");
    await expect(phone.page.locator(".story-card").first()).toContainText("Regnet slog in");
    expect(await phone.page.locator(".story-card").count()).toBeGreaterThan(10);

    network.api = null;
    await phone.goto("/jag");
    await expect(banner(phone)).toContainText("Allt på telefonen är skickat.");
    await expect(unsent(phone)).toHaveCount(0);
    await expect(mine(phone)).toContainText("Mottagen: klart");
    await expect(mine(phone)).toHaveCount(1);
  });
}

test("a server that says nothing is given up on, and the button works once it speaks", async ({ network, phones }) => {
  // As long as the engine waits, only shorter.
  network.engine = `{
    const wait = AbortSignal.timeout.bind(AbortSignal);
    AbortSignal.timeout = (ms) => wait(ms / 30);
  }`;
  const phone = await joined(phones, network);
  network.api = "silence";
  await phone.tell(STORY);
  await phone.goto("/jag");
  await expect(banner(phone)).toContainText("Det tog för lång tid.");
  network.api = null;
  await phone.page.getByRole("button", { name: "Försök nu" }).click();
  await expect(banner(phone)).toContainText("Allt på telefonen är skickat.");
});

test("while the server says nothing, one can still sign out", async ({ network, phones }) => {
  const phone = await joined(phones, network);
  await phone.canDoWithoutNetwork();
  network.concerns = /^\/api\//;
  network.api = "silence";
  await phone.goto("/jag");
  await phone.page.getByRole("button", { name: "Logga ut" }).click();
  await phone.page.getByRole("button", { name: "Ja, logga ut" }).click();
  await expect(phone.page.getByLabel("Kod")).toBeVisible({ timeout: 10_000 });
});

for (const [name, shift] of [["a year ahead", YEAR_MS], ["a year behind", -YEAR_MS]]) {
  test(`a clock ${name} does not keep a story back`, async ({ network, phones }) => {
    const shifted = `{
      const now = Date.now.bind(Date);
      Date.now = () => now() + ${shift};
    }`;
    network.engine = shifted;
    const phone = phones({}, network);
    await phone.open();
    await phone.context.addInitScript(shifted);
    await phone.join();
    await phone.tell(STORY);
    const received = phone.page.locator(".slip .step", { hasText: "Mottagen" });
    await expect(received).toHaveAttribute("data-state", "confirmed");
    const other = await joined(phones, network);
    await other.search("regnet porten");
    await expect(other.page.locator(".story-card").first()).toContainText("Regnet slog in");
  });
}

test("a store that cannot be opened is said to be so, and is no empty library", async ({ network, phones }) => {
  const phone = await joined(phones, network, { serviceWorkers: "block" });
  network.engine = `indexedDB.open = () => { throw new DOMException("broken", "UnknownError"); };`;
  const alert = phone.page.getByRole("alert");
  // With a network the server answers; without its answers nothing is claimed.
  for (const api of [null, "refused"]) {
    network.api = api;
    for (const address of ["/", "/bibliotek", "/lara", "/jag"]) {
      await phone.goto(address);
      await expect(alert.first(), address).toContainText("Telefonens lagring går inte att öppna");
      for (const claim of ["Här börjar det", "Biblioteket väntar", "Ingen introduktion", "Du har inte berättat", "0 utkast"]) {
        await expect(phone.page.getByText(claim), `${address}, ${api}`).toHaveCount(0);
      }
    }
  }
  await phone.goto("/beratta");
  await situation(phone).fill("Det här får inte försvinna.");
  await expect(alert.filter({ hasText: "Telefonen kunde inte spara" })).toContainText("Din text står kvar här.");
  await expect(situation(phone)).toHaveValue("Det här får inte försvinna.");

  // The next day it opens again: the words are there.
  network.engine = "";
  await phone.goto("/jag");
  await expect(phone.page.locator("section[aria-labelledby=drafts] li")).toContainText("Det här får inte");
});

test("a full phone says so, keeps the text on the screen, and takes it once there is room", async ({ network, phones }) => {
  network.engine = `{
    const put = IDBObjectStore.prototype.put;
    const channel = new BroadcastChannel("test-room");
    let full = false;
    channel.onmessage = ({ data }) => (full = data === "full");
    IDBObjectStore.prototype.put = function (...row) {
      if (full) throw new DOMException("no room", "QuotaExceededError");
      return put.apply(this, row);
    };
  }`;
  const phone = await joined(phones, network, { serviceWorkers: "block" });
  const room = (word) => phone.page.evaluate((word) => new BroadcastChannel("test-room").postMessage(word), word);
  await phone.goto("/beratta");
  await situation(phone).fill("Lagret");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await room("full");
  const text = "Lagret var fullt, och ändå fick den sista lådan plats.";
  await situation(phone).fill(text);
  const alert = phone.page.getByRole("alert");
  await expect(alert.first()).toContainText("Telefonen är full");
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect(alert.first()).toContainText("Telefonen är full");
  await expect(phone.page).toHaveURL(/\/beratta/);
  await expect(situation(phone)).toHaveValue(text);

  await room("free");
  await phone.page.getByRole("button", { name: "Försök igen" }).first().click();
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await expect(alert).toHaveCount(0);
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect(phone.page.locator(".slip")).toContainText("Lagret var fullt");
});

test("a story that is too long, or blank, is not told, and says what is the matter", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  const save = phone.page.getByRole("button", { name: "Spara berättelsen" });
  const line = phone.page.locator(".saved-line");
  await expect(save).toBeDisabled();
  await expect(line).toHaveText("Några ord räcker för att spara");
  await phone.page.locator("#quote").fill("Tack!");
  await expect(line).toHaveText("Skriv vad som hände, så kan du spara");
  await situation(phone).fill(" \n\t ");
  await expect(save).toBeDisabled();
  await situation(phone).fill("å".repeat(10_001));
  await expect(situation(phone)).toHaveAttribute("aria-invalid", "true");
  await save.click();
  const alert = phone.page.getByRole("alert");
  await expect(alert).toContainText("Texten är för lång");
  await expect(alert).toContainText(/10\s001 av 10\s000 tecken/u);
  await expect(situation(phone)).toHaveValue("å".repeat(10_001));
  await situation(phone).fill("å".repeat(10_000));
  await expect(situation(phone)).toHaveAttribute("aria-invalid", "false");
  await save.click();
  await expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
});

test("a day that is still to come is asked about, and refuses nothing", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  await situation(phone).fill("Kunden bad oss ringa i morgon.");
  await phone.page.getByText("Rubrik, lärdom och datum").click();
  const day = phone.page.getByLabel("När var det?");
  await day.fill("2124-03-01");
  await expect(phone.page.getByText("Dagen har inte varit än. Stämmer datumet?")).toBeVisible();
  await day.fill("2024-03-01");
  await expect(phone.page.getByText("Dagen har inte varit än. Stämmer datumet?")).toBeHidden();
});

test("emojis and markup are words like others", async ({ phones }) => {
  const phone = phones();
  await phone.open();
  await phone.join();
  const text = `<script>document.title = "hacked"</script> 👩🏽‍🏭🎉 & <b>fet</b> "citat" 'så' \u202Eåt fel håll`;
  await phone.tell({ happened: text, did: "</textarea><img src=x onerror=alert(1)>", went: "🌞" });
  await expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
  await phone.page.getByRole("link", { name: "Läs den" }).click();
  const check = async (who) => {
    const page = who.page;
    await expect(page.locator(".story")).toContainText(text);
    await expect(page.locator(".story")).toContainText("</textarea><img src=x onerror=alert(1)>");
    await expect(page.locator(".story script, .story b, .story img")).toHaveCount(0);
    expect(await page.title()).not.toBe("hacked");
  };
  await check(phone);
  await phone.reload();
  await check(phone);
  // Rendered by the server, with the story in the page as data.
  const other = phones({ serviceWorkers: "block" });
  await other.open();
  await other.join({ name: "Åsa <b>" });
  await other.goto(new URL(phone.page.url()).pathname);
  await check(other);
});

test("an engine that breaks is started again, and nothing that was asked of it is lost", async ({ network, phones }) => {
  network.engine = `new BroadcastChannel("test-break").onmessage = () => { throw new Error("broken for the test"); };`;
  const phone = await joined(phones, network, { serviceWorkers: "block" });
  const breaks = () => phone.page.evaluate(() => new BroadcastChannel("test-break").postMessage(""));
  await phone.goto("/beratta");
  const started = phone.page.waitForEvent("worker");
  await situation(phone).fill("Motorn stannade mitt i meningen.");
  await breaks();
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await started;
  await expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
  await phone.goto("/jag");
  await expect(mine(phone)).toHaveCount(1);
  await expect(phone.page.locator("section[aria-labelledby=drafts] li")).toHaveCount(0);
});

test("whatever is written is asked to be on the disk before it is called kept", async ({ network, phones }) => {
  network.engine = `{
    const begin = IDBDatabase.prototype.transaction;
    const seen = new BroadcastChannel("test-writes");
    IDBDatabase.prototype.transaction = function (stores, mode, options) {
      if (mode === "readwrite") seen.postMessage(options?.durability ?? "default");
      return begin.call(this, stores, mode, options);
    };
  }`;
  const phone = await joined(phones, network, { serviceWorkers: "block" });
  await phone.page.evaluate(() => {
    window.writes = [];
    new BroadcastChannel("test-writes").onmessage = ({ data }) => window.writes.push(data);
  });
  await phone.page.locator("a[href='/beratta']").first().click();
  await situation(phone).fill("Det stod på papper innan någon sa det.");
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat");
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect(phone.page.locator(".slip .step", { hasText: "Mottagen" })).toHaveAttribute("data-state", "confirmed");
  const writes = () => phone.page.evaluate(() => window.writes);
  // The draft, the story, its receipt and what came back: the last of them comes after the screen has said
  // that the story was received.
  await expect.poll(async () => (await writes()).length).toBeGreaterThanOrEqual(4);
  expect(new Set(await writes())).toEqual(new Set(["strict"]));
});
