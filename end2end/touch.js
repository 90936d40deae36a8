// Fingers.

/** Two taps as fast as a finger makes them, wherever the second one lands. When they were made is said to the browser, so
 *  that a busy machine makes them no slower. */
export async function doubleTap(phone, target) {
  await target.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await target.boundingBox();
  const touchPoints = [{ x: x + width / 2, y: y + height / 2 }];
  const browser = await phone.context.newCDPSession(phone.page);
  const first = Date.now() / 1000;
  for (const at of [first, first + 0.2]) {
    await browser.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints, timestamp: at });
    await browser.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [], timestamp: at + 0.06 });
  }
  await browser.detach();
}
