// A draft that was called saved stays as it was saved, and what could not be saved any more is taken up by the next page.

import { photo } from "../media.js";
import { expect, test } from "../network.js";

test.use({ demo: false });

const MICROPHONE = { args: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] };
/** An engine whose script runs, and never gets as far as answering. */
const NEVER_STARTS = "await new Promise(() => {});";

const situation = (phone) => phone.page.locator("#situation");
const action = (phone) => phone.page.locator("#action");
const drafts = (phone) => phone.page.locator("section[aria-labelledby=drafts] li");
const photos = (phone) => phone.page.locator("section[aria-labelledby=media] .photo");

async function isKept(phone) {
  await expect(phone.page.locator(".saved-line")).toContainText("Utkast sparat på telefonen");
}

/** The text of every state of a draft that pages have left in this browser. */
const left = (phone) =>
  phone.page.evaluate(() =>
    Object.entries(localStorage)
      .filter(([key]) => key.startsWith("left-behind/") || key === "last-words")
      .map(([, json]) => JSON.parse(json).texts.situation),
  );

/** Types without waiting for anything: the page does the rest of `then` in the same breath. */
async function type(phone, text, then = "") {
  await phone.page.evaluate(
    ([text, then]) => {
      const field = document.querySelector("#situation");
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
      new Function(then)();
    },
    [text, then],
  );
}

/** The page hears that it is hidden, or shown, as if another app had come before it. */
async function hide(phone, hidden = true) {
  await phone.page.evaluate((hidden) => {
    const state = hidden ? "hidden" : "visible";
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

/** The page's process is gone between two instructions. Another tab opens at an address. */
async function crash(phone, path) {
  const gone = phone.page;
  const crashed = gone.waitForEvent("crash");
  const session = await phone.context.newCDPSession(gone);
  session.send("Page.crash").catch(() => {});
  await crashed;
  phone.page = await phone.context.newPage();
  phone.page.on("pageerror", (error) => phone.complaints.push(String(error)));
  await gone.close();
  await phone.goto(path);
}

/** A phone that has joined and whose engine is what `network.engine` says: there is no service worker to keep another. */
async function joined(phones, network, how = {}) {
  const phone = phones({ serviceWorkers: "block", ...how }, network);
  await phone.open();
  await phone.join();
  return phone;
}

test("a draft saved after a photo was chosen is the same after a reload", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  await situation(phone).fill("En kund kom tillbaka.");
  const chooser = phone.page.waitForEvent("filechooser");
  await phone.page.getByText("Ta en bild").click();
  const buffer = await photo(phone.page, { width: 400, height: 300 });
  await (await chooser).setFiles({ name: "a.jpg", mimeType: "image/jpeg", buffer });
  await expect(photos(phone)).toHaveCount(1);
  await isKept(phone);
  await situation(phone).fill("En kund kom tillbaka. Burken hade torkat.");
  await action(phone).fill("Vi blandade en ny.");
  await isKept(phone);
  for (let visit = 0; visit < 2; visit += 1) {
    await phone.reload();
    await expect(situation(phone)).toHaveValue("En kund kom tillbaka. Burken hade torkat.");
    await expect(action(phone)).toHaveValue("Vi blandade en ny.");
    await expect(photos(phone)).toHaveCount(1);
  }
  expect(await left(phone)).toEqual([]);
  await phone.goto("/jag");
  await expect(drafts(phone)).toHaveCount(1);
});

test("a draft saved after a voice was recorded is the same after the browser was closed", async ({ phones }) => {
  const phone = phones(MICROPHONE);
  await phone.open();
  await phone.join();
  await phone.goto("/beratta");
  await situation(phone).fill("Hon ringde");
  await phone.page.getByRole("button", { name: "Prata in" }).click();
  await expect(phone.page.getByRole("timer")).toContainText("0:02 /");
  await phone.page.getByRole("button", { name: "Stoppa" }).click();
  await expect(phone.page.locator(".attachment__play")).toHaveCount(1);
  await situation(phone).fill("Hon ringde och tackade.");
  await isKept(phone);
  const address = phone.page.url();
  await phone.close();
  await phone.open(address);
  await expect(situation(phone)).toHaveValue("Hon ringde och tackade.");
  await expect(phone.page.locator(".attachment__play")).toHaveCount(1);
});

test("a draft saved after the page was hidden is the same after a reload", async ({ phone }) => {
  await phone.join();
  await phone.goto("/beratta");
  await type(phone, "Telefonen ringde", `
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => "hidden" });
    document.dispatchEvent(new Event("visibilitychange"));
  `);
  await hide(phone, false);
  await isKept(phone);
  await situation(phone).fill("Telefonen ringde mitt i meningen.");
  await isKept(phone);
  await phone.reload();
  await expect(situation(phone)).toHaveValue("Telefonen ringde mitt i meningen.");
  expect(await left(phone)).toEqual([]);
});

test("a state that a page left stays until an engine has kept it, however many pages are killed before", async ({
  network,
  phones,
}) => {
  const phone = await joined(phones, network);
  network.engine = NEVER_STARTS;
  await phone.goto("/beratta");
  await type(phone, "Ingen motor hann starta.");
  await hide(phone);
  await crash(phone, "/jag");
  await crash(phone, "/beratta");
  // The whole browser, too, once it has written what its pages left.
  await phone.close();
  await phone.open("/jag");
  await phone.kill();
  network.engine = "";
  await phone.open("/jag");
  await expect(drafts(phone)).toHaveCount(1);
  await expect(drafts(phone)).toContainText("Ingen motor hann starta");
  await expect.poll(() => left(phone)).toEqual([]);
});

test("what is typed while the engine does not answer is left for the next page without being hidden", async ({
  network,
  phones,
}) => {
  const phone = await joined(phones, network);
  network.engine = NEVER_STARTS;
  await phone.goto("/beratta");
  await type(phone, "Motorn laddades fortfarande.");
  await expect.poll(() => left(phone)).toEqual(["Motorn laddades fortfarande."]);
  network.engine = "";
  await crash(phone, "/jag");
  await expect(drafts(phone)).toContainText("Motorn laddades fortfarande");
});

const NEXT = {
  "a share": async (phone) => {
    await phone.goto("/beratta?text=Delat+fr%C3%A5n+en+annan+app");
  },
  "a new sheet that is typed in at once": async (phone) => {
    await phone.goto("/beratta");
    await type(phone, "Delat från en annan app");
  },
};

for (const [name, begin] of Object.entries(NEXT)) {
  test(`${name} at the next start does not replace the draft that was left`, async ({ network, phones }) => {
    const phone = await joined(phones, network);
    network.engine = NEVER_STARTS;
    await phone.goto("/beratta");
    await type(phone, "Halvskrivet om kön");
    network.engine = "";
    await begin(phone);
    await isKept(phone);
    await phone.goto("/jag");
    await expect(drafts(phone)).toHaveCount(2);
    await expect(drafts(phone).filter({ hasText: "Halvskrivet om kön" })).toHaveCount(1);
    await expect(drafts(phone).filter({ hasText: "Delat från en annan app" })).toHaveCount(1);
  });
}

for (const wait of [0, 60, 200]) {
  test(`a share ${wait} ms after the last keystroke in the same window loses neither`, async ({ phone }) => {
    await phone.join();
    for (let round = 1; round <= 3; round += 1) {
      await phone.goto("/beratta");
      const gone = phone.page.waitForURL(/text=|utkast=/);
      const share = `setTimeout(() => location.assign("/beratta?text=Delat+${round}"), ${wait})`;
      await type(phone, `Halvskrivet ${round}`, wait === 0 ? `location.assign("/beratta?text=Delat+${round}")` : share);
      await gone;
      await expect(situation(phone)).toHaveValue(`Delat ${round}`);
      await isKept(phone);
      await phone.goto("/jag");
      await expect(drafts(phone)).toHaveCount(2 * round);
      await expect(drafts(phone).filter({ hasText: `Halvskrivet ${round}` })).toHaveCount(1);
      await expect(drafts(phone).filter({ hasText: `Delat ${round}` })).toHaveCount(1);
    }
  });
}

test("two tabs that go with a draft each leave both", async ({ network, phones }) => {
  const phone = await joined(phones, network);
  network.engine = NEVER_STARTS;
  await phone.goto("/beratta");
  const page = await phone.context.newPage();
  const other = Object.assign(Object.create(Object.getPrototypeOf(phone)), phone, { page });
  await other.goto("/beratta");
  await type(phone, "Den ena fliken");
  await type(other, "Den andra fliken");
  await hide(phone);
  await hide(other);
  await other.page.close();
  network.engine = "";
  await crash(phone, "/jag");
  await expect(drafts(phone)).toHaveCount(2);
  await expect(drafts(phone).filter({ hasText: "Den ena fliken" })).toHaveCount(1);
  await expect(drafts(phone).filter({ hasText: "Den andra fliken" })).toHaveCount(1);
});

test("a full phone keeps what was typed for the next page", async ({ network, phones }) => {
  const phone = await joined(phones, network);
  network.engine = `IDBObjectStore.prototype.put = () => { throw new DOMException("no room", "QuotaExceededError"); };`;
  for (const text of ["Första lådan", "Andra lådan"]) {
    await phone.goto("/beratta");
    await type(phone, text);
    await expect(phone.page.getByRole("alert").first()).toContainText("Telefonen är full");
  }
  network.engine = "";
  await phone.goto("/jag");
  await expect(drafts(phone)).toHaveCount(2);
});

test("a state that was kept and then continued makes no draft of its own when it turns up again", async ({
  network,
  phones,
}) => {
  const phone = await joined(phones, network);
  network.engine = NEVER_STARTS;
  await phone.goto("/beratta");
  await type(phone, "Först");
  await hide(phone);
  network.engine = "";
  await crash(phone, "/jag");
  // A killed browser may forget that it has removed something.
  const slot = await phone.page.evaluate(() => Object.entries(localStorage).find(([, text]) => text.includes("Först")));
  await expect(drafts(phone)).toContainText("Först");
  await drafts(phone).getByRole("button", { name: "Fortsätt" }).click();
  await expect(situation(phone)).toHaveValue("Först");
  for (const text of ["Först och sedan", "Först och sedan och sist"]) {
    await situation(phone).fill(text);
    await isKept(phone);
    if (slot) await phone.page.evaluate(([key, text]) => localStorage.setItem(key, text), slot);
    await phone.reload();
    await expect(situation(phone)).toHaveValue(text);
    await expect.poll(() => left(phone)).toEqual([]);
  }
  await phone.goto("/jag");
  await expect(drafts(phone)).toHaveCount(1);
});

test("what an earlier version left as its last words is taken up, unless a later state was kept", async ({
  network,
  phones,
}) => {
  const phone = await joined(phones, network);
  await phone.goto("/beratta");
  await situation(phone).fill("Ett");
  await isKept(phone);
  const stored = () =>
    phone.page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const open = indexedDB.open("solsken");
          open.onerror = () => reject(open.error);
          open.onsuccess = () => {
            const rows = open.result.transaction("drafts").objectStore("drafts").getAll();
            rows.onsuccess = () => {
              open.result.close();
              resolve(rows.result[0]);
            };
          };
        }),
    );
  const early = await stored();
  await situation(phone).fill("Ett och två");
  await isKept(phone);
  const leave = (json) => phone.page.evaluate((json) => localStorage.setItem("last-words", json), json);
  await leave(early);
  await phone.reload();
  await expect(situation(phone)).toHaveValue("Ett och två");
  await expect.poll(() => left(phone)).toEqual([]);
  // As text: the numbers in it are larger than JavaScript's.
  const later = (await stored())
    .replace("Ett och två", "Ett, två och tre")
    .replace(/"stroke":(\d+)/, (_, stroke) => `"stroke":${BigInt.asUintN(64, BigInt(stroke) + 1n)}`);
  await leave(later);
  await phone.reload();
  await expect(situation(phone)).toHaveValue("Ett, två och tre");
  await expect.poll(() => left(phone)).toEqual([]);
  await phone.goto("/jag");
  await expect(drafts(phone)).toHaveCount(1);
});

test("a story that was told is no draft again, though its page died before it heard so", async ({
  network,
  phones,
  solsken,
}) => {
  const phone = await joined(phones, network);
  await phone.page.addInitScript(() => {
    window.Worker = class extends Worker {
      constructor(...how) {
        super(...how);
        this.addEventListener("message", (event) => {
          if (window.deaf) event.stopImmediatePropagation();
        });
      }
    };
  });
  await phone.goto("/beratta");
  await phone.page.evaluate(() => (window.deaf = true));
  await type(phone, "Berättat i sista stund.");
  await hide(phone);
  await hide(phone, false);
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await expect.poll(() => solsken.exported()).toContain("Berättat i sista stund.");
  expect(await left(phone)).toEqual(["Berättat i sista stund."]);
  await crash(phone, "/jag");
  await expect(phone.page.locator("li.mine")).toHaveCount(1);
  await expect.poll(() => left(phone)).toEqual([]);
  await expect(drafts(phone)).toHaveCount(0);
});

test("a draft that was told or discarded leaves nothing that makes it a draft again", async ({ phone }) => {
  await phone.join();
  const writeAndHide = async (text) => {
    await phone.goto("/beratta");
    await type(phone, text);
    await hide(phone);
    await hide(phone, false);
  };
  await writeAndHide("Det här berättas.");
  await phone.page.getByRole("button", { name: "Spara berättelsen" }).click();
  await phone.page.locator(".slip").waitFor();
  expect(await left(phone)).toEqual([]);
  await writeAndHide("Det här slängs.");
  await isKept(phone);
  await phone.goto("/jag");
  await drafts(phone).getByRole("button", { name: "Släng utkastet" }).click();
  await expect(drafts(phone)).toHaveCount(0);
  expect(await left(phone)).toEqual([]);
  await phone.reload();
  await expect(phone.page.locator("li.mine")).toHaveCount(1);
  await expect(drafts(phone)).toHaveCount(0);
});
