// Keeps the app's text nodes in the page.
//
// A page translator takes each text node out and puts an element with the translation in its place. The app writes
// changes into its text nodes, moves and removes them, and puts others before them: it must find them where it left them,
// or the screen goes on saying what is no longer so. So a text node that was taken out goes back, empty, before the
// translation that stands for it; and when the app writes into it, moves it or removes it, the translation makes way.
//
// This is done here, for every text at once, and not where the app draws: its views need no rule to follow, and whatever
// is drawn in the future is covered.

/** By text node: what stands for it, and its text. */
const replaced = new WeakMap();
/** By what stands for a text node: that text node. */
const standing = new WeakMap();

export function keepTextNodes() {
  const observer = new MutationObserver((records) => {
    see(records);
    // What was done here is not news.
    observer.takeRecords();
  });
  observer.observe(document.body, { subtree: true, childList: true, characterData: true });
}

function see(records) {
  const written = new Set(records.filter(({ type }) => type === "characterData").map(({ target }) => target));
  for (const { addedNodes, removedNodes, previousSibling, nextSibling } of records) {
    for (const node of removedNodes) {
      // A translator replaces in one step, or adds its element beside the text and then removes the text.
      const beside = [previousSibling, nextSibling].find((node) => node?.nodeName === "FONT" && !standing.has(node));
      const instead = addedNodes[0] ?? beside;
      if (standing.has(node)) translationGone(node, addedNodes[0]);
      else if (replaced.has(node)) textMoved(node);
      else if (node instanceof Text && !node.isConnected && instead?.isConnected) {
        // The app has written since: the translation is of what stood there before.
        if (written.has(node)) instead.replaceWith(node);
        else putBeside(node, instead);
      }
    }
  }
  for (const text of written) if (replaced.has(text)) forget(text).instead.remove();
}

function putBeside(text, instead) {
  replaced.set(text, { instead, words: text.data });
  standing.set(instead, text);
  instead.before(text);
  text.data = "";
}

/** Nothing stands for the text node any more. Returns what did, and the text that it was of. */
function forget(text) {
  const { instead, words } = replaced.get(text);
  replaced.delete(text);
  standing.delete(instead);
  return { instead, words };
}

/** The app has removed the text, or moved it. */
function textMoved(text) {
  const { instead } = replaced.get(text);
  // A translator that shows the original puts the text in the place of the translation.
  if (text.isConnected && instead.isConnected) text.after(instead);
  else if (!text.isConnected) forget(text).instead.remove();
}

/** The translator has translated once more, or shows the original again. */
function translationGone(instead, next) {
  const text = standing.get(instead);
  if (instead.isConnected) return;
  text.data = forget(text).words;
  if (next !== undefined && next !== text) putBeside(text, next);
}
