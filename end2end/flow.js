// How a story gets from a phone without a network to a colleague: the same in every browser.

const STORY = {
  situation: "En kund grät vid disken eftersom bröllopstårtans dekorationer hade gått sönder i bilen.",
  action: "Vi lagade dem med limpistol medan hon drack kaffe.",
  outcome: "Hon skickade en bild från festen.",
};
const FIRST = ".results .story-card:first-of-type";

/** Joins with an invite, and waits until neither the app nor the library needs the network any more. */
export async function settle(phone, solsken, { name, site, department }) {
  await phone.open();
  await phone.goto(solsken.links.member);
  await phone.fill("[name=name]", name);
  await phone.fill("[name=site]", site);
  await phone.fill("[name=department]", department);
  await phone.click("form.form button[data-wide]");
  await phone.see(".tab-bar");
  await phone.goto(`${solsken.url}/bibliotek`);
  await phone.see(".find__result", "Sökt på telefonen");
}

/** Searches by typing, as a person does, and sees the story first, with the words marked. */
async function find(phone, solsken, words) {
  await phone.goto(`${solsken.url}/bibliotek`);
  await phone.fill("#q", words);
  await phone.see(`${FIRST} mark`, "bröllopstårta");
}

export async function storyFindsItsWay({ solsken, phone, other }) {
  await settle(phone, solsken, { name: "Elin W.", site: "Borås", department: "Färg" });
  const story = await phone.href(`${FIRST} a`);
  await solsken.stop();

  // Every address is a way in, and "back" leads to a page that works again.
  await phone.goto(story);
  await phone.see(".story h1");
  await phone.back();
  await phone.fill("#q", "kunder");
  await phone.see(`${FIRST} mark`, "kund");
  await phone.goto(`${solsken.url}/jag`);
  await phone.see("h1, h2", "Elin W.");

  await phone.goto(`${solsken.url}/beratta`);
  for (const [part, text] of Object.entries(STORY)) await phone.fill(`#${part}`, text);
  await phone.click(".dock button");
  await phone.see(".slip .step[data-state=kept]", "Sparad på telefonen");
  await phone.see(".slip .step[data-state=waiting]", "Mottagen");

  // It outlives its page, and then the browser.
  await phone.reloads();
  await phone.see(".slip .step[data-state=waiting]", "Mottagen");
  await phone.reopen();
  await find(phone, solsken, "bröllopstårta dekoration");
  const told = await phone.href(`${FIRST} a`);
  await phone.click(`${FIRST} a`);
  await phone.see(".story__part", STORY.action);
  await phone.goto(told.replace("/berattelse/", "/beratta/klar/"));
  await phone.see(".slip .step[data-state=waiting]", "Mottagen");

  // Nobody touches anything: the phone notices by itself that the server is back.
  await solsken.startAgain();
  await phone.see(".slip .step[data-state=confirmed]", "Mottagen", 120_000);

  await settle(other, solsken, { name: "Hassan M.", site: "Umeå", department: "Kassan" });
  await find(other, solsken, "dekorationen på bröllopstårtor");
  await other.click(`${FIRST} a`);
  await other.see(".story__part", STORY.action);
}

/** Chooses a photo as a finger does, but for the browser's own dialog. */
function choosePhoto() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 400, height: 300 });
  const paper = canvas.getContext("2d");
  paper.fillStyle = "tomato";
  paper.fillRect(100, 100, 200, 100);
  const data = atob(canvas.toDataURL("image/jpeg").split(",")[1]);
  const chosen = new DataTransfer();
  chosen.items.add(new File([Uint8Array.from(data, (letter) => letter.charCodeAt(0))], "a.jpg", { type: "image/jpeg" }));
  const field = document.querySelector("#photos");
  field.addEventListener("click", (event) => event.preventDefault(), { once: true });
  field.click();
  field.files = chosen.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** The page is hidden and shown again, in the same breath as something was typed. */
function hideWhileTyping(text) {
  const field = document.querySelector("#situation");
  field.value += text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  for (const state of ["hidden", "visible"]) {
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => state });
    document.dispatchEvent(new Event("visibilitychange"));
  }
}

const left = () => Object.keys(localStorage).filter((key) => key.startsWith("left-behind/"));

/** A draft is as it was saved, whatever happened to its page before. */
export async function draftStaysAsSaved({ solsken, phone }) {
  await settle(phone, solsken, { name: "Elin W.", site: "Borås", department: "Färg" });
  await phone.goto(`${solsken.url}/beratta`);
  let text = "En kund kom tillbaka.";
  const holds = () => phone.sees("#situation", text);
  const write = async (more) => {
    await phone.type("#situation", more);
    text += more;
    await phone.see(".saved-line", "Utkast sparat");
  };
  const isSaved = async () => {
    await phone.reloads();
    await holds();
    await phone.finds(left, []);
  };
  await phone.fill("#situation", text);
  await phone.run(choosePhoto);
  await phone.see(".photo");
  await write(" Burken hade torkat.");
  await isSaved();

  await phone.run(hideWhileTyping, " Telefonen ringde.");
  text += " Telefonen ringde.";
  await write(" Vi blandade en ny.");
  await isSaved();

  // Laid aside in the midst of a word, and come back to.
  await phone.run((more) => {
    const field = document.querySelector("#situation");
    field.value += more;
    field.dispatchEvent(new Event("input", { bubbles: true }));
    location.assign("/jag");
  }, " Hon");
  text += " Hon";
  await phone.see("#mine");
  await phone.back();
  await holds();
  await write(" tackade.");
  await isSaved();
  await phone.goto(`${solsken.url}/jag`);
  await phone.see("section[aria-labelledby=drafts] li");
  await phone.finds(() => document.querySelectorAll("section[aria-labelledby=drafts] li").length, 1);
}
