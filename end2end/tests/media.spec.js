// Photos and voice notes: taken without a network, kept, sent, and seen on another phone, byte by byte.

import { bomb, photo, saysWhere, sha256 } from "../media.js";
import { expect, test } from "../network.js";

test.use({ demo: false });

/** A phone with a microphone that beeps, and nobody to ask whether it may be used. */
const MICROPHONE = { args: ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"] };

const section = (phone) => phone.page.locator("section[aria-labelledby=media]");
const photos = (phone) => section(phone).locator(".photo");
const voices = (phone) => section(phone).locator(".attachment__play");
const timer = (phone) => section(phone).getByRole("timer");
const field = (phone) => phone.page.locator("#photos");
const file = (name, buffer) => ({ name, mimeType: "image/jpeg", buffer });

async function record(phone, seconds) {
  await phone.page.getByRole("button", { name: "Prata in" }).click();
  await expect(timer(phone)).toContainText(`0:0${seconds} /`);
  await phone.page.getByRole("button", { name: "Stoppa" }).click();
}

async function save(phone) {
  await phone.page.locator(".dock button").click();
  await phone.page.waitForURL(/klar/);
}

/** Everything of this phone was received. */
async function isReceived(phone) {
  await phone.goto("/jag");
  await expect(phone.page.locator(".banner[data-tone=leaf]")).toBeVisible();
  await expect(phone.page.locator("section[aria-labelledby=unreceived]")).toHaveCount(0);
}

/** What the server says of a story's attachments, as this phone's person is given it. */
async function served(phone) {
  const page = await phone.page.evaluate(async () => (await fetch("/api/v1/sync/pull")).text());
  const stories = page.split("\n").slice(1).filter(Boolean).map((line) => JSON.parse(line));
  const { id, state } = stories.findLast(({ kind, state }) => kind === "story" && state?.attachments);
  return { id, ...state };
}

/** The bytes that the server serves. */
async function fetched(phone, story, attachment) {
  const base64 = await phone.page.evaluate(async ([story, attachment]) => {
    const answer = await fetch(`/api/v1/attachments/${story}/${attachment}`);
    let text = "";
    for (const byte of new Uint8Array(await answer.arrayBuffer())) text += String.fromCharCode(byte);
    return btoa(text);
  }, [story, attachment]);
  return Buffer.from(base64, "base64");
}

test("two photos and a voice, told without a network, arrive at another phone whole and without a place", async ({
  phones,
}) => {
  const [elin, micke] = [phones(MICROPHONE), phones()];
  await elin.open();
  await elin.join();
  await elin.canDoWithoutNetwork();
  const taken = [await photo(elin.page), await photo(elin.page, { width: 900, height: 1600 })];
  expect(taken.every(saysWhere)).toBe(true);

  await elin.context.setOffline(true);
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Kunden hittade inte sin burk på växtrean.");
  await field(elin).setInputFiles(taken.map((bytes, n) => file(`${n}.jpg`, bytes)));
  await expect(photos(elin)).toHaveCount(2);
  await expect(photos(elin).nth(1).locator("img")).toHaveJSProperty("complete", true);
  await record(elin, 2);
  await expect(voices(elin)).toHaveCount(1);
  await elin.page.getByRole("textbox", { name: "Vad syns på bilden?" }).first().fill("Burkar på en hylla");
  await elin.page.locator("#situation").focus();
  await save(elin);
  await elin.goto("/jag");
  await expect(elin.page.locator("section[aria-labelledby=unreceived] .row")).toHaveCount(3);
  // Photos of one story are told apart.
  await expect(elin.page.locator("section[aria-labelledby=unreceived] .row__thumb")).toHaveCount(2);
  // What is told is no draft any more, also not at the next start.
  await expect(elin.page.locator("section[aria-labelledby=drafts]")).toHaveCount(0);

  // The app is closed before there is a network, and opened again where there is one.
  await elin.close();
  await elin.open("/jag");
  await isReceived(elin);

  await micke.open();
  await micke.join({ name: "Micke" });
  await micke.canDoWithoutNetwork();
  const { id, attachments, served: known } = await served(micke);
  expect(attachments.map(({ kind }) => kind).sort()).toEqual(["photo", "photo", "voice"]);
  for (const attachment of attachments) {
    const { sha256: hash, type, width, height } = known.find((served) => served.id === attachment.id);
    const bytes = await fetched(micke, id, attachment.id);
    expect(sha256(bytes)).toBe(hash);
    expect(saysWhere(bytes)).toBe(false);
    if (attachment.kind === "photo") {
      expect(type).toBe("image/jpeg");
      expect(Math.max(width, height)).toBe(1600);
    } else {
      // What was recorded is served as it was: these are the very bytes that lie on Elin's phone.
      expect(hash).toBe(attachment.sha256);
      expect(bytes.length).toBeGreaterThan(1_000);
    }
  }

  // Without a network the thumbnails are there, and what was looked at.
  await micke.goto(`/berattelse/${id}`);
  await micke.page.locator(".photo__open").first().click();
  await expect(micke.page.locator(".viewer__photo")).toHaveAttribute("src", /^blob:/);
  await expect(micke.page.locator(".viewer__photo")).toHaveAttribute("alt", "Burkar på en hylla");
  await micke.page.keyboard.press("Escape");
  await micke.context.setOffline(true);
  await micke.reload();
  await expect(micke.page.locator(".photo__thumb")).toHaveCount(2);
  const drawn = await micke.page.locator(".photo__thumb").first().evaluate((image) => image.naturalWidth);
  expect(drawn).toBeGreaterThan(100);
  await micke.page.locator(".photo__open").first().click();
  await expect(micke.page.locator(".viewer__photo")).toHaveJSProperty("naturalWidth", 1600);
  await micke.page.keyboard.press("Escape");
  await micke.page.locator(".photo__open").nth(1).click();
  await expect(micke.page.locator(".toast")).toContainText("finns inte på telefonen än");
});

test("an upload that is cut off goes on where it was, after the text, which never waits", async ({ network, phones }) => {
  const elin = phones({}, network);
  await elin.open();
  await elin.join();
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("En lång kö vid kassan.");
  await field(elin).setInputFiles(file("a.jpg", await photo(elin.page, { width: 1600, height: 1200, noise: true })));
  await expect(photos(elin)).toHaveCount(1);
  network.concerns = /attachments\/.*\/upload\/[1-9]/;
  network.api = "cut";
  await save(elin);
  await elin.goto("/jag");
  // The text has arrived, and the photo has come some way.
  await expect(elin.page.locator(".mine .receipt-row")).toHaveAttribute("data-tone", "leaf");
  const row = elin.page.locator("section[aria-labelledby=unreceived] .row");
  await expect(row).toContainText("Skickar,");
  // Nothing is called sent before all of it is.
  await expect(elin.page.locator(".banner[data-tone=leaf]")).toHaveCount(0);
  await expect.poll(() => network.met.length).toBeGreaterThan(0);
  expect(network.met.every((asked) => /\/upload\/1(\?|$)/.test(asked))).toBe(true);
  await elin.close();

  network.api = null;
  await elin.open("/jag");
  await isReceived(elin);
  const { id, attachments, served: known } = await served(elin);
  expect(sha256(await fetched(elin, id, attachments[0].id))).toBe(known[0].sha256);
});

test("what was recorded until the page was killed is still there, and can be told", async ({ phones }) => {
  const elin = phones(MICROPHONE);
  await elin.open();
  await elin.join();
  await elin.goto("/beratta");
  await elin.page.getByRole("button", { name: "Prata in" }).click();
  await expect(timer(elin)).toContainText("0:04 /");
  const address = elin.page.url();
  expect(address).toContain("utkast=");
  await elin.kill();

  await elin.open(address);
  await expect(voices(elin)).toHaveCount(1);
  await expect(section(elin).locator(".digits")).toContainText(/0:0[2-5]/);
  await voices(elin).click();
  const audio = section(elin).locator("audio");
  await expect.poll(() => audio.evaluate((audio) => audio.readyState)).toBeGreaterThan(1);
  await elin.page.locator("#situation").fill("Sagt till halva.");
  await save(elin);
  await elin.goto("/jag");
  await expect(elin.page.locator("section[aria-labelledby=unreceived]")).toHaveCount(0);
});

test("before the camera opens the draft is safe, and whoever comes back is in it", async ({ phones }) => {
  const elin = phones();
  await elin.open();
  await elin.join();
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Innan kameran.");
  const chooser = elin.page.waitForEvent("filechooser");
  await elin.page.getByText("Ta en bild").click();
  await chooser;
  // The camera takes the page's memory.
  await expect(elin.page).toHaveURL(/utkast=/);
  const address = elin.page.url();
  await elin.kill();
  await elin.open(address);
  await expect(elin.page.locator("#situation")).toHaveValue("Innan kameran.");
});

test("what is taken out is gone, and can be had back; there is room for five", async ({ phones }) => {
  const elin = phones();
  await elin.open();
  await elin.join();
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Fem bilder.");
  const bytes = await photo(elin.page, { width: 400, height: 300 });
  await field(elin).setInputFiles([1, 2, 3, 4, 5, 6].map((n) => file(`${n}.jpg`, bytes)));
  await expect(photos(elin)).toHaveCount(5);
  await expect(section(elin).getByRole("alert")).toContainText("Fem bilder");
  await photos(elin).first().getByRole("button", { name: "Ta bort" }).click();
  await expect(photos(elin)).toHaveCount(4);
  await elin.page.getByRole("button", { name: "Ångra" }).click();
  await expect(photos(elin)).toHaveCount(5);
  await photos(elin).first().getByRole("button", { name: "Ta bort" }).click();
  await expect(elin.page.getByRole("button", { name: "Ångra" })).toBeVisible();
  await save(elin);
  // What was told is not undone from the thanks for it.
  await expect(elin.page.getByRole("button", { name: "Ångra" })).toHaveCount(0);
  await isReceived(elin);
  const { attachments } = await served(elin);
  expect(attachments).toHaveLength(4);
});

test("of several photos those that can be read are taken, wherever the others stand", async ({ phones }) => {
  const elin = phones();
  await elin.open();
  await elin.join();
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("En av dem var ingen bild.");
  const good = await photo(elin.page, { width: 400, height: 300 });
  const text = Buffer.from("Det här är ingen bild.");
  const problem = section(elin).getByRole("alert");
  await field(elin).setInputFiles([file("exif.jpg", good), file("text.jpg", text), file("a.jpg", good), file("b.jpg", good)]);
  await expect(photos(elin)).toHaveCount(3);
  await expect(problem).toContainText("En av bilderna gick inte att läsa. Resten är med.");
  await field(elin).setInputFiles([file("x.jpg", text), file("y.jpg", text), file("c.jpg", good)]);
  await expect(photos(elin)).toHaveCount(4);
  await expect(problem).toContainText("2 av bilderna gick inte att läsa. Resten är med.");
  await field(elin).setInputFiles([file("x.jpg", text), file("y.jpg", text)]);
  await expect(problem).toContainText("Bilderna gick inte att läsa.");
  await field(elin).setInputFiles([file("d.jpg", good)]);
  await expect(photos(elin)).toHaveCount(5);
  await expect(problem).toHaveCount(0);
});

test("who saves while a photo is still being made has it in the story", async ({ phones }) => {
  const elin = phones();
  await elin.open();
  await elin.join();
  await elin.canDoWithoutNetwork();
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Bilden hann inte bli klar.");
  await expect(elin.page.locator(".saved-line")).toContainText("Utkast sparat");
  const bytes = await photo(elin.page, { width: 6000, height: 4500 });
  // In one breath: the photo is on its way to the encoder when the story is told.
  await elin.page.evaluate((base64) => {
    const data = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const chosen = new DataTransfer();
    chosen.items.add(new File([data], "stor.jpg", { type: "image/jpeg" }));
    const field = document.querySelector("#photos");
    field.files = chosen.files;
    field.dispatchEvent(new Event("change", { bubbles: true }));
    setTimeout(() => document.querySelector(".dock button").click());
  }, bytes.toString("base64"));
  await elin.page.locator(".slip").waitFor();
  await isReceived(elin);
  expect((await served(elin)).attachments).toHaveLength(1);
  await expect(elin.page.locator("section[aria-labelledby=drafts] li")).toHaveCount(0);
});

test("who saves while the microphone is open has all of it in the story, and it is closed", async ({ phones }) => {
  const elin = phones(MICROPHONE);
  await elin.open();
  await elin.join();
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Sagt in i det sista.");
  await elin.page.getByRole("button", { name: "Prata in" }).click();
  await expect(timer(elin)).toContainText("0:03 /");
  await save(elin);
  await isReceived(elin);
  const { id, attachments, served: known } = await served(elin);
  expect(attachments).toHaveLength(1);
  expect(attachments[0].seconds).toBeGreaterThanOrEqual(3);
  expect(sha256(await fetched(elin, id, attachments[0].id))).toBe(attachments[0].sha256);
  expect(known[0].bytes).toBe(attachments[0].bytes);
});

test("what is being recorded cannot be thrown away before it is stopped, and all of it is there then", async ({ phones }) => {
  const elin = phones(MICROPHONE);
  await elin.open();
  await elin.join();
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Sagt utan avbrott.");
  await elin.page.getByRole("button", { name: "Prata in" }).click();
  await expect(timer(elin)).toContainText("0:02 /");
  await expect(voices(elin)).toHaveCount(0);
  await expect(section(elin).getByRole("button", { name: "Ta bort" })).toHaveCount(0);
  await expect(timer(elin)).toContainText("0:04 /");
  await elin.page.getByRole("button", { name: "Stoppa" }).click();
  await expect(voices(elin)).toHaveCount(1);
  await expect(section(elin).locator(".digits")).toContainText(/0:0[45]/);
  await expect(section(elin).getByRole("button", { name: "Ta bort" })).toHaveCount(1);
});

/** Every microphone that this phone's page has been given since. */
async function countMicrophones(phone) {
  await phone.context.addInitScript(() => {
    window.given = [];
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (what) => {
      const stream = await ask(what);
      window.given.push(...stream.getTracks());
      return stream;
    };
  });
}

const live = (phone) => phone.page.evaluate(() => window.given.filter((track) => track.readyState === "live").length);
const given = (phone) => phone.page.evaluate(() => window.given.length);

test("a finger that taps twice records once, stops what it began, and saves it", async ({ phones }) => {
  const elin = phones(MICROPHONE);
  await elin.open();
  await elin.join();
  await countMicrophones(elin);
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Två tryck, en inspelning.");
  await elin.page.getByRole("button", { name: "Prata in" }).dblclick();
  await expect(timer(elin)).toContainText("0:02 /");
  expect(await given(elin)).toBe(1);
  await elin.page.getByRole("button", { name: "Stoppa" }).dblclick();
  await expect(voices(elin)).toHaveCount(1);
  await expect(timer(elin)).toHaveCount(0);
  expect(await live(elin)).toBe(0);
  await save(elin);
  expect(await given(elin)).toBe(1);
  await isReceived(elin);
  expect((await served(elin)).attachments).toHaveLength(1);
});

test("whoever leaves the sheet, or stops before the microphone is there, is not listened to; a refusal is no last word", async ({ phones }) => {
  const elin = phones(MICROPHONE);
  await elin.open();
  await elin.join();
  await countMicrophones(elin);
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Någon kom och frågade.");
  await elin.page.getByRole("button", { name: "Prata in" }).click();
  await expect(timer(elin)).toContainText("0:02 /");
  await elin.page.locator(".top-bar a").first().click();
  await expect(elin.page.locator(".tell-button")).toBeVisible();
  await expect.poll(() => live(elin)).toBe(0);

  // A microphone that can be used again is not said to be out of use.
  await elin.page.locator(".tell-button").click();
  await elin.page.locator("#situation").fill("Först gick det inte.");
  await elin.page.evaluate(() => {
    const ask = navigator.mediaDevices.getUserMedia;
    navigator.mediaDevices.getUserMedia = async () => {
      navigator.mediaDevices.getUserMedia = ask;
      throw new DOMException("not now", "NotAllowedError");
    };
  });
  await elin.page.getByRole("button", { name: "Prata in" }).click();
  await expect(section(elin).getByRole("alert")).toContainText("Mikrofonen går inte att använda");
  await elin.page.waitForTimeout(700);
  await elin.page.getByRole("button", { name: "Prata in" }).click();
  await expect(timer(elin)).toContainText("0:02 /");
  await expect(section(elin).getByRole("alert")).toHaveCount(0);
  await elin.page.getByRole("button", { name: "Stoppa" }).click();
  await expect(voices(elin)).toHaveCount(1);
  await elin.page.locator(".top-bar a").first().click();

  // The question whether the microphone may be used is answered long after nobody wants it any more.
  await elin.page.locator(".tell-button").click();
  await elin.page.evaluate(() => {
    const ask = navigator.mediaDevices.getUserMedia;
    const answered = new Promise((resolve) => (window.answer = resolve));
    navigator.mediaDevices.getUserMedia = (what) => answered.then(() => ask(what));
  });
  await elin.page.locator("#situation").fill("Ingen vill prata längre.");
  await elin.page.getByRole("button", { name: "Prata in" }).click();
  await expect(timer(elin)).toContainText("0:00 /");
  await save(elin);
  await elin.page.evaluate(() => window.answer());
  await expect.poll(() => given(elin)).toBe(3);
  await expect.poll(() => live(elin)).toBe(0);
});

test("a story that is deleted before its photo was sent waits for nothing", async ({ phones }) => {
  const elin = phones();
  await elin.open();
  await elin.join();
  await elin.canDoWithoutNetwork();
  await elin.context.setOffline(true);
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Den här blev fel.");
  await field(elin).setInputFiles([file("en.jpg", await photo(elin.page, { width: 400, height: 300 }))]);
  await expect(photos(elin)).toHaveCount(1);
  await save(elin);
  await elin.page.getByRole("link", { name: "Läs den" }).click();
  await elin.page.getByRole("button", { name: "Ta bort" }).click();
  await expect(elin.page.getByText("Berättelsen är borttagen").first()).toBeVisible();
  await elin.context.setOffline(false);
  await isReceived(elin);
});

test("what is mended after it was refused keeps its photo", async ({ network, phones }) => {
  const elin = phones({}, network);
  await elin.open();
  await elin.join();
  await elin.canDoWithoutNetwork();
  network.bend = (push) => push.replace('"situation":"', '"situation":7,"meant":"');
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Bilden är med även om det blev fel först.");
  await field(elin).setInputFiles([file("en.jpg", await photo(elin.page, { width: 400, height: 300 }))]);
  await expect(photos(elin)).toHaveCount(1);
  await save(elin);
  await elin.goto("/jag");
  const refused = elin.page.locator(".row[data-state=refused]");
  await expect(refused.first()).toBeVisible();
  network.bend = null;
  await refused.getByRole("button", { name: "Rätta" }).first().click();
  await expect(photos(elin)).toHaveCount(1);
  await save(elin);
  await isReceived(elin);
  expect((await served(elin)).served).toHaveLength(1);
});

test("what is no photo is not taken, and a full phone says so and keeps what is there", async ({ network, phones }) => {
  network.engine = `{
    const put = IDBObjectStore.prototype.put;
    const estimate = navigator.storage.estimate.bind(navigator.storage);
    const channel = new BroadcastChannel("test-room");
    let room = "free";
    channel.onmessage = ({ data }) => (room = data);
    navigator.storage.estimate = async () => (room === "little" ? { usage: 9e6, quota: 1e7 } : estimate());
    IDBObjectStore.prototype.put = function (...row) {
      if (room === "none") throw new DOMException("no room", "QuotaExceededError");
      return put.apply(this, row);
    };
  }`;
  const elin = phones({ ...MICROPHONE, serviceWorkers: "block" }, network);
  await elin.open();
  await elin.join();
  const room = (word) => elin.page.evaluate((word) => new BroadcastChannel("test-room").postMessage(word), word);
  const problem = section(elin).getByRole("alert");
  await elin.goto("/beratta");
  await elin.page.locator("#situation").fill("Det blev fullt.");
  await expect(elin.page.locator(".saved-line")).toContainText("Utkast sparat");
  await field(elin).setInputFiles(file("a.jpg", bomb()));
  await expect(problem).toContainText("gick inte att läsa");
  const bytes = await photo(elin.page, { width: 400, height: 300 });
  await field(elin).setInputFiles(file("b.jpg", bytes));
  await expect(photos(elin)).toHaveCount(1);
  await expect(problem).toHaveCount(0);

  // The browser says beforehand that there is too little, or only when it is written.
  for (const word of ["little", "none"]) {
    await room(word);
    await field(elin).setInputFiles(file("c.jpg", bytes));
    await expect(problem).toContainText("Telefonen är full");
    await room("free");
    const before = await photos(elin).count();
    await field(elin).setInputFiles(file(`${word}.jpg`, bytes));
    await expect(photos(elin)).toHaveCount(before + 1);
    await expect(problem).toHaveCount(0);
  }
  await room("little");
  await elin.page.getByRole("button", { name: "Prata in" }).click();
  await expect(problem).toContainText("Telefonen är full");
  await expect(timer(elin)).toHaveCount(0);
  await expect(photos(elin)).toHaveCount(3);
  await room("free");
  await save(elin);
  await isReceived(elin);
  expect((await served(elin)).attachments).toHaveLength(3);
});
