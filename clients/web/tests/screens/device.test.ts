/** What the page asks of a browser, and when a shared device forgets. */

import { expect, test } from "vitest";
import { lacks } from "../../src/browser";
import { COUNTDOWN, IDLE, remaining, watch } from "../../src/kiosk";
import { canRemember } from "../../src/remember";

test("a browser that has everything lacks nothing, and each lack is told", () => {
  const whole = { isSecureContext: true, crypto, BigInt, fetch, AbortController, AbortSignal };
  expect(lacks(whole)).toBeNull();
  expect(lacks({ ...whole, isSecureContext: false })).toBe("insecure");
  expect(lacks({ ...whole, crypto: {} })).toBe("crypto");
  expect(lacks({ ...whole, BigInt: undefined })).toBe("numbers");
  expect(lacks({ ...whole, fetch: undefined })).toBe("fetch");
  expect(lacks({ ...whole, AbortSignal: { any: undefined } })).toBe("fetch");
});

test("the countdown is seen for its last seconds, and ends after a minute of nothing", () => {
  expect(remaining(IDLE - COUNTDOWN - 1, 0)).toBeNull();
  expect(remaining(IDLE - COUNTDOWN, 0)).toBe(COUNTDOWN);
  expect(remaining(IDLE - 0.5, 0)).toBe(1);
  expect(remaining(IDLE, 0)).toBe(0);
  expect(remaining(IDLE + 100, 0)).toBe(0);
});

test("a touch and a key are noticed, until nobody listens", () => {
  const target = new EventTarget();
  let touches = 0;
  const stop = watch(target, () => {
    touches += 1;
  });
  target.dispatchEvent(new Event("click"));
  target.dispatchEvent(new Event("keydown"));
  expect(touches).toBe(2);
  stop();
  target.dispatchEvent(new Event("keydown"));
  expect(touches).toBe(2);
});

test("a page that is a file remembers nothing", () => {
  expect(canRemember("file:")).toBe(false);
  expect(canRemember("https:")).toBe(true);
});
