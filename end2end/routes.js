// Every address of the app, with the sample library in it.

/** Addresses by name, for whoever has joined. */
export async function routes(phone) {
  const href = (selector) => phone.page.locator(selector).first().getAttribute("href");
  await phone.goto("/bibliotek");
  const story = await href("a[href^='/berattelse/']");
  await phone.goto("/lara");
  const path = await href("a[href^='/lara/']:not([href='/lara/ny'])");
  return {
    home: "/",
    library: "/bibliotek",
    search: "/bibliotek?q=kund",
    "nothing found": "/bibliotek?q=zzzzzzzzzzz",
    story,
    "no story": "/berattelse/0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
    learn: "/lara",
    "new path": "/lara/ny",
    path,
    stop: `${path}/1`,
    "no stop": `${path}/99`,
    present: `${path}/visa`,
    "change path": `${path}/andra`,
    me: "/jag",
    tell: "/beratta",
    join: "/ga-med",
    nowhere: "/finns-inte",
  };
}

/** Chooses a language as the app itself remembers it. */
export async function speak(phone, language) {
  await phone.context.addCookies([{ name: "solsken-language", value: language, url: phone.solsken.url }]);
}

/** Nothing is on its way to the screen, or across it, any more. */
export async function isDrawn(phone) {
  await phone.page.locator(".skeleton").waitFor({ state: "detached" });
  await phone.page.evaluate(() => document.fonts.ready);
  // What moves is measured when it stands still.
  await phone.page.evaluate(() => {
    const ends = (animation) => animation.effect.getComputedTiming().endTime !== Infinity;
    return Promise.allSettled(document.getAnimations().filter(ends).map((animation) => animation.finished));
  });
}
