/** Code that answering does not need, loaded when somebody wants it. */

import { unavailable } from "./outcomes";

/** What `load` gives; unavailable if the page's own files are away. */
export async function later<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch {
    throw unavailable("page", "network");
  }
}
