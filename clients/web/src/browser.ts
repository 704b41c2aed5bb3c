/** What this page needs of a browser. Asked before anything else, so that nobody fills in what cannot be sealed. */

export type Lack = "insecure" | "crypto" | "numbers" | "fetch";

/** What is missing, the most telling first; `scope` is the window. */
export function lacks(scope: {
  isSecureContext?: boolean;
  crypto?: { subtle?: unknown; getRandomValues?: unknown };
  BigInt?: unknown;
  fetch?: unknown;
  AbortController?: unknown;
  AbortSignal?: { any?: unknown };
}): Lack | null {
  if (scope.isSecureContext === false) return "insecure";
  if (!scope.crypto?.subtle || !scope.crypto.getRandomValues) return "crypto";
  if (typeof scope.BigInt !== "function") return "numbers";
  if (typeof scope.fetch !== "function" || typeof scope.AbortController !== "function") return "fetch";
  if (typeof scope.AbortSignal?.any !== "function") return "fetch";
  return null;
}
