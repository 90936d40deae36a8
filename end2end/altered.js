// What browsers, extensions, translators and proxies do to a page that the server drew, before the app has started.

/** Each runs in the page. */
export const ALTERATIONS = {
  "an iPhone links telephone numbers": () => wrapText(/\d[\d -]{6,}\d/g, "a", { href: "tel:0" }),
  "a translator replaces every text": () => everyText((text) => text.replaceWith(translated(text.data))),
  "an extension puts a box first": () => {
    document.body.prepend(Object.assign(document.createElement("div"), { textContent: "Rabattkod hittad!" }));
  },
  "a password manager puts an icon after each field": () => {
    for (const field of document.querySelectorAll("input, textarea")) field.after(document.createElement("img"));
  },
  "numbers become links": () => wrapText(/\d+/g, "a", { href: "#number" }),
  "a form checker wraps every field": () => {
    const fields = [...document.querySelectorAll("input, textarea, select")];
    for (const field of fields.length > 0 ? fields : document.querySelectorAll("a")) {
      const box = document.createElement("span");
      field.before(box);
      box.append(field);
    }
  },
  "every element gets attributes": () => {
    for (const element of document.body.querySelectorAll("*")) {
      element.setAttribute("data-gramm", "false");
      element.setAttribute("style", "");
      element.classList.add("darkreader");
    }
  },
  "texts are split": () => everyText((text) => text.data.length > 1 && text.splitText(1)),
  "comments are removed": () => everyNode(NodeFilter.SHOW_COMMENT, (comment) => comment.remove()),
  "comments are removed and texts merged": () => {
    everyNode(NodeFilter.SHOW_COMMENT, (comment) => comment.remove());
    document.body.normalize();
  },
  "a comment is added": () => document.body.prepend(document.createComment("cached")),
  "an ad blocker removes an element": () => document.querySelector("main > :last-child, body svg").remove(),
  "the last link is removed": () => [...document.querySelectorAll("a")].at(-1).remove(),
  "white space is added": () => {
    for (const element of document.querySelectorAll("main *")) element.before("\n  ");
  },
  "a word is marked": () => wrapText(/\p{L}{4,}/u, "mark", {}),
};

/** What the alterations are made of; runs in the page, too. */
function tools() {
  window.everyNode = (what, change) => {
    const walker = document.createTreeWalker(document.body, what);
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    nodes.filter((node) => !node.parentElement.closest("script")).forEach(change);
  };
  window.everyText = (change) => everyNode(NodeFilter.SHOW_TEXT, change);
  window.translated = (words) => {
    const [outer, inner] = [document.createElement("font"), document.createElement("font")];
    inner.textContent = words.replace(/\p{L}/gu, (letter) => (letter === letter.toUpperCase() ? "X" : "x"));
    outer.append(inner);
    return outer;
  };
  window.wrapText = (words, name, attributes) => {
    everyText((text) => {
      const found = [...text.data.matchAll(new RegExp(words, words.flags.includes("g") ? words.flags : `${words.flags}g`))];
      for (const match of found.reverse()) {
        const rest = text.splitText(match.index);
        rest.splitText(match[0].length);
        const box = Object.assign(document.createElement(name), attributes);
        rest.before(box);
        box.append(rest);
      }
    });
  };
}

/**
 * Opens an address and holds the app back until `before` has run, then lets it start and waits until it answers.
 * Nothing of it may come from a service worker.
 */
export async function openHeldBack(phone, path, before) {
  const { page } = phone;
  const boot = /\/assets\/boot-.*\.js$/;
  let release;
  const released = new Promise((resolve) => (release = resolve));
  await page.route(boot, async (route) => {
    await released;
    await route.continue();
  });
  await page.goto(new URL(path, phone.solsken.url).href, { waitUntil: "commit" });
  await page.waitForFunction(() => document.readyState !== "loading");
  await page.evaluate(tools);
  await before(page);
  release();
  await phone.isReady();
  await page.unroute(boot);
}

/** Does what the alteration of this name does. */
export const alter = (page, name) => page.evaluate(`(${ALTERATIONS[name]})()`);

/**
 * Translates what is not translated yet: each text is replaced, or with `wrap` moved into the translator's elements. What
 * stood there is remembered in `originals`.
 */
export async function translate(page, how = "replace") {
  await page.evaluate(tools);
  await page.evaluate((how) => {
    window.originals ??= new Map();
    everyText((text) => {
      if (text.data.trim() === "" || text.parentElement.closest("font")) return;
      const outer = translated(text.data);
      window.originals.set(outer, { text, words: text.data });
      text.replaceWith(outer);
      if (how === "wrap") outer.firstChild.replaceChildren(text);
    });
  }, how);
}
