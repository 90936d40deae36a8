// What somebody did on the server's page before the app was there, to be done again where the app has drawn.

const isChoice = (field) => field.type === "radio" || field.type === "checkbox";

/** The fields of the page by name: the same on a page that was drawn anew, whatever others have put between them. */
function fields() {
  const [named, unnamed] = [new Map(), {}];
  for (const field of document.querySelectorAll("input, textarea, select")) {
    const own = field.id || (field.name && `${field.name} ${isChoice(field) ? field.value : ""}`);
    const name = own || `${field.type} ${(unnamed[field.type] = (unnamed[field.type] ?? 0) + 1)}`;
    // Files are chosen by hand only.
    if (field.type !== "file" && !named.has(name)) named.set(name, field);
  }
  return named;
}

function isTouched(field) {
  if (isChoice(field)) return field.checked && !field.defaultChecked;
  if (field.tagName !== "SELECT") return field.value !== field.defaultValue;
  return [...field.options].some((option) => option.selected && !option.defaultSelected);
}

/** What the fields hold that the server did not write, by the fields' names. */
export function typed() {
  return new Map([...fields()].filter(([, field]) => isTouched(field)).map(([name, field]) => [name, field.value]));
}

/** Types it again, so that the app hears it; `quietly` only shows it. */
export function putBack(typed, { quietly = false } = {}) {
  const present = fields();
  for (const [name, value] of typed) {
    const field = present.get(name);
    if (field === undefined) continue;
    if (isChoice(field)) field.checked = true;
    else field.value = value;
    const kind = isChoice(field) || field.tagName === "SELECT" ? "change" : "input";
    if (!quietly) field.dispatchEvent(new Event(kind, { bubbles: true }));
  }
}

/** Where somebody is on the page: the field with its selection, what is open, how far it is scrolled. Leads back there. */
export function place() {
  const field = document.activeElement;
  const { selectionStart: from, selectionEnd: to } = field;
  const name = [...fields()].find(([, other]) => other === field)?.[0];
  const open = [...document.querySelectorAll("details")].map((details) => details.open);
  const scrolled = scrollY;
  return () => {
    const details = [...document.querySelectorAll("details")];
    if (details.length === open.length) details.forEach((one, number) => (one.open ||= open[number]));
    const again = fields().get(name);
    again?.focus({ preventScroll: true });
    // A day or a choice has no selection.
    if (again && Number.isInteger(from)) again.setSelectionRange(from, to);
    scrollTo(0, scrolled);
  };
}
