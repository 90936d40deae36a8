// How much slower a page and its worker really become: others may be working on this machine too.

import { withVisitor } from "./visit.js";

/** How many times longer the same arithmetic takes in a page's own thread, and in a worker of it. */
export function calibrate(port, rate) {
  return withVisitor(port, async ({ page, link, slower }) => {
    await page.goto(link.url);
    const before = await page.evaluate(spin);
    await slower(rate);
    const after = await page.evaluate(spin);
    return { rate, page: after.page / before.page, worker: after.worker / before.worker };
  });
}

async function spin() {
  const work = () => {
    const start = performance.now();
    for (let n = 0, sum = 0; n < 100_000_000; n++) sum = (sum * 31 + n) | 0;
    return performance.now() - start;
  };
  const script = URL.createObjectURL(new Blob([`onmessage = () => postMessage((${work})())`]));
  const worker = new Worker(script);
  const inWorker = new Promise((resolve) => (worker.onmessage = ({ data }) => resolve(data)));
  const page = work();
  worker.postMessage("");
  return { page, worker: await inWorker };
}
