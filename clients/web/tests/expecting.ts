/** What tests expect of results. */

import { expect } from "vitest";
import type { Failure, Result } from "../src/client";

/** The value; a failure fails the test and is shown. */
export function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

/** The failure; a value fails the test. */
export function failure(result: Result<unknown>): Failure {
  if (result.ok) throw new Error("this should not have gone well");
  return result.failure;
}

export function expectAlarm(result: Result<unknown>, reason: string): void {
  expect(failure(result)).toMatchObject({ what: "alarm", reason });
}

export function expectInput(result: Result<unknown>, reason: string): void {
  expect(failure(result)).toMatchObject({ what: "input", reason });
}

export function expectNonsense(result: Result<unknown>, service: string): void {
  expect(failure(result)).toMatchObject({ what: "unavailable", trouble: "nonsense", service });
}
