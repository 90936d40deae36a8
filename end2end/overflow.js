// What does not keep to the screen.

import { isDrawn } from "./routes.js";

/** How far the page reaches beyond the screen, and what does; and what is cut off. */
export async function overflow(phone) {
  await isDrawn(phone);
  return phone.page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element) => ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    const within = (element) => element && (scrolls(element) || within(element.parentElement));
    const isForEars = (element) => element && (getComputedStyle(element).clipPath === "inset(50%)" || isForEars(element.parentElement));
    const isShown = (element) => element.checkVisibility() && !element.closest(".skip-link, svg") && !isForEars(element);
    const name = (element) => {
      const { left, right } = element.getBoundingClientRect();
      return `${element.tagName.toLowerCase()}.${element.className} from ${Math.round(left)} to ${Math.round(right)} of ${width}`;
    };
    const all = [...document.body.querySelectorAll("*")].filter(isShown);
    const beyond = all.filter((element) => {
      const { left, right } = element.getBoundingClientRect();
      return right - left > 0 && (right > width + 1 || left < -1) && !within(element);
    });
    const cut = all.filter((element) => {
      const { overflowX, textOverflow } = getComputedStyle(element);
      const hides = ["hidden", "clip"].includes(overflowX) && textOverflow !== "ellipsis";
      return hides && element.scrollWidth > element.clientWidth + 1 && element.innerText?.trim();
    });
    const page = document.documentElement.scrollWidth - width;
    return [...(page > 0 ? [`the page is ${page} px too wide`] : []), ...beyond.map(name), ...cut.map((e) => `${name(e)} is cut`)];
  });
}
